// joins: lib/stored_{f32,f16}, lib/result_{f32,f16}, lib/values_{1,4}
// y = x in another element type, rounded to nearest where that holds fewer digits.

struct Params {
  size: u32,  // elements, or vectors of four
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<StoredValue>;
@group(0) @binding(2) var<storage, read_write> y: array<ResultValue>;

@compute @workgroup_size(WORKGROUP)
fn convert(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i < params.size) {
    y[i] = ResultValue(Value(x[i]));
  }
}
