// Matrix product, 16 x 16 results an invocation, operands straight from storage.

@compute @workgroup_size(WORKGROUP, WORKGROUP)
fn blocked(@builtin(global_invocation_id) id: vec3u) {
  let i = id.y * 16u;
  let j = id.x * 16u;
  if (i >= params.m || j >= params.n) {
    return;
  }
  let base_a = id.z * params.batch_a / 4u;
  let base_b = id.z * params.batch_b / 4u;
  var c00 = mat4x4f(); var c01 = mat4x4f(); var c02 = mat4x4f(); var c03 = mat4x4f();
  var c10 = mat4x4f(); var c11 = mat4x4f(); var c12 = mat4x4f(); var c13 = mat4x4f();
  var c20 = mat4x4f(); var c21 = mat4x4f(); var c22 = mat4x4f(); var c23 = mat4x4f();
  var c30 = mat4x4f(); var c31 = mat4x4f(); var c32 = mat4x4f(); var c33 = mat4x4f();
  for (var k = 0u; k < params.k; k += 4u) {
    let b0 = load_b(base_b, j + 0u, k);
    let b1 = load_b(base_b, j + 4u, k);
    let b2 = load_b(base_b, j + 8u, k);
    let b3 = load_b(base_b, j + 12u, k);
    let a0 = load_a(base_a, i + 0u, k);
    c00 += b0 * a0; c01 += b1 * a0; c02 += b2 * a0; c03 += b3 * a0;
    let a1 = load_a(base_a, i + 4u, k);
    c10 += b0 * a1; c11 += b1 * a1; c12 += b2 * a1; c13 += b3 * a1;
    let a2 = load_a(base_a, i + 8u, k);
    c20 += b0 * a2; c21 += b1 * a2; c22 += b2 * a2; c23 += b3 * a2;
    let a3 = load_a(base_a, i + 12u, k);
    c30 += b0 * a3; c31 += b1 * a3; c32 += b2 * a3; c33 += b3 * a3;
  }
  let base = id.z * params.batch_c;
  store(base, i + 0u, j + 0u, c00);
  store(base, i + 0u, j + 4u, c01);
  store(base, i + 0u, j + 8u, c02);
  store(base, i + 0u, j + 12u, c03);
  store(base, i + 4u, j + 0u, c10);
  store(base, i + 4u, j + 4u, c11);
  store(base, i + 4u, j + 8u, c12);
  store(base, i + 4u, j + 12u, c13);
  store(base, i + 8u, j + 0u, c20);
  store(base, i + 8u, j + 4u, c21);
  store(base, i + 8u, j + 8u, c22);
  store(base, i + 8u, j + 12u, c23);
  store(base, i + 12u, j + 0u, c30);
  store(base, i + 12u, j + 4u, c31);
  store(base, i + 12u, j + 8u, c32);
  store(base, i + 12u, j + 12u, c33);
}
