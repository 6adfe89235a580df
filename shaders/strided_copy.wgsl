// Copies a block between two layouts: up to 4 merged axes, innermost first, each with a stride on either side. Stride
// 0 on the side that is read repeats. `vectors` moves four elements at once: sizes and strides then count vectors.

struct Params {
  extents: vec4u,
  read_strides: vec4u,
  write_strides: vec4u,
  size: u32,
  read_first: u32,
  write_first: u32,
  axes: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Stored>;
@group(0) @binding(2) var<storage, read_write> y: array<Stored>;
@group(0) @binding(1) var<storage, read> x4: array<Stored4>;
@group(0) @binding(2) var<storage, read_write> y4: array<Stored4>;

// Where element i is read and where it is written. Divisions are dear: one fewer than there are axes.
fn places(i: u32) -> vec2u {
  var rest = i;
  var place = vec2u(params.read_first, params.write_first);
  let outermost = params.axes - 1u;
  for (var axis = 0u; axis < outermost; axis++) {
    let above = rest / params.extents[axis];
    let at = rest - above * params.extents[axis];
    place += at * vec2u(params.read_strides[axis], params.write_strides[axis]);
    rest = above;
  }
  return place + rest * vec2u(params.read_strides[outermost], params.write_strides[outermost]);
}

@compute @workgroup_size(WORKGROUP)
fn plain(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i < params.size) {
    let place = places(i);
    y[place.y] = x[place.x];
  }
}

@compute @workgroup_size(WORKGROUP)
fn vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i < params.size) {
    let place = places(i);
    y4[place.y] = x4[place.x];
  }
}
