// Matrix product, 8 x 8 results an invocation, operands straight from storage.

@compute @workgroup_size(WORKGROUP, WORKGROUP)
fn blocked(@builtin(global_invocation_id) id: vec3u) {
  let i = params.first + id.y * 8u;
  let j = id.x * 8u;
  if (i >= params.m || j >= params.n) {
    return;
  }
  let base_a = id.z * params.batch_a / 4u;
  let base_b = id.z * params.batch_b / 4u;
  var c00 = mat4x4f(); var c01 = mat4x4f();
  var c10 = mat4x4f(); var c11 = mat4x4f();
  for (var k = 0u; k < params.k; k += 4u) {
    let a0 = load_a(base_a, i, k);
    let a1 = load_a(base_a, i + 4u, k);
    let b0 = load_b(base_b, j, k);
    let b1 = load_b(base_b, j + 4u, k);
    c00 += b0 * a0;
    c01 += b1 * a0;
    c10 += b0 * a1;
    c11 += b1 * a1;
  }
  let base = id.z * params.batch_c;
  store(base, i, j, c00);
  store(base, i, j + 4u, c01);
  store(base, i + 4u, j, c10);
  store(base, i + 4u, j + 4u, c11);
}
