// joins: lib/stored_{f32,f16}
// Copies a block between two layouts: up to 4 merged axes, innermost first, each with a stride on either side. Stride
// 0 on the side that is read repeats. `vectors` moves four elements at once: sizes and strides then count vectors.
// An invocation copies every LANES-th element of a run along the innermost axis, so that divisions, which are dear, are
// few.

// The innermost axis stands in x, the outermost of several in w, what is between in y and z.
struct Params {
  extents: vec4u,
  read_strides: vec4u,
  write_strides: vec4u,
  size: u32,  // invocations: runs times lanes
  lanes: u32,
  read_first: u32,
  write_first: u32,
}

override WORKGROUP: u32 = 64;
override AXES: u32 = 4;  // known beforehand, they cost nothing

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Stored>;
@group(0) @binding(2) var<storage, read_write> y: array<Stored>;
@group(0) @binding(1) var<storage, read> x4: array<Stored4>;
@group(0) @binding(2) var<storage, read_write> y4: array<Stored4>;

struct Span {
  at: vec2u,  // where the next element is read and written
  step: vec2u,
  count: u32,
}

fn span_of(i: u32) -> Span {
  var run = i / params.lanes;
  let lane = i - run * params.lanes;
  let innermost = vec2u(params.read_strides.x, params.write_strides.x);
  var at = vec2u(params.read_first, params.write_first) + lane * innermost;
  if (AXES > 2u) {
    let above = run / params.extents.y;
    at += (run - above * params.extents.y) * vec2u(params.read_strides.y, params.write_strides.y);
    run = above;
  }
  if (AXES > 3u) {
    let above = run / params.extents.z;
    at += (run - above * params.extents.z) * vec2u(params.read_strides.z, params.write_strides.z);
    run = above;
  }
  at += run * vec2u(params.read_strides.w, params.write_strides.w);
  return Span(at, params.lanes * innermost, (params.extents.x - lane + params.lanes - 1u) / params.lanes);
}

@compute @workgroup_size(WORKGROUP)
fn plain(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.size) {
    return;
  }
  var span = span_of(i);
  for (var k = 0u; k < span.count; k++) {
    y[span.at.y] = x[span.at.x];
    span.at += span.step;
  }
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.size) {
    return;
  }
  var span = span_of(i);
  for (var k = 0u; k < span.count; k++) {
    y4[span.at.y] = x4[span.at.x];
    span.at += span.step;
  }
}
