// joins: lib/stored_{f32,f16}
// Copies a block between two layouts of any number of merged axes, element by element: the plain path beside
// strided_copy.wgsl. 32 axes of at least 2 are more elements than 32 bits count.

struct Params {
  // Innermost first.
  extents: array<vec4u, 8>,
  read_strides: array<vec4u, 8>,
  write_strides: array<vec4u, 8>,
  size: u32,
  axes: u32,
  read_first: u32,
  write_first: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Stored>;
@group(0) @binding(2) var<storage, read_write> y: array<Stored>;

@compute @workgroup_size(WORKGROUP)
fn deep(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.size) {
    return;
  }
  var rest = i;
  var at = vec2u(params.read_first, params.write_first);
  for (var axis = 0u; axis < params.axes; axis++) {
    let above = rest / params.extents[axis / 4u][axis % 4u];
    let here = rest - above * params.extents[axis / 4u][axis % 4u];
    at += here * vec2u(params.read_strides[axis / 4u][axis % 4u], params.write_strides[axis / 4u][axis % 4u]);
    rest = above;
  }
  y[at.y] = x[at.x];
}
