// joins: lib/subgroups, lib/stored_{f32,f16}, lib/result_{f32,f16}, lib/matmul_quads
// Matmul (GEMM), 16 x 8 results an invocation, 16 x 32 a quad of the subgroup.

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn quads_16x8(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(local_invocation_index) local_index: u32,
) {
  let i = params.first + id.y * 16u;
  let j = params.first_column + id.x * 8u;
  let matrix = params.first_matrix + id.z;
  let lane = local_index % 4u;
  var a0_at = a_offset(matrix, i, lane);
  var a1_at = a_offset(matrix, i + 4u, lane);
  var a2_at = a_offset(matrix, i + 8u, lane);
  var a3_at = a_offset(matrix, i + 12u, lane);
  var b0_at = b_offsets(matrix, j, lane);
  var b1_at = b_offsets(matrix, j + 4u, lane);
  var c00 = mat4x4f(); var c01 = mat4x4f();
  var c10 = mat4x4f(); var c11 = mat4x4f();
  var c20 = mat4x4f(); var c21 = mat4x4f();
  var c30 = mat4x4f(); var c31 = mat4x4f();
  for (var block = 0u; block < blocks(); block++) {
    let k = block * 4u;
    let b0 = load_b(b0_at, k, lane);
    let b1 = load_b(b1_at, k, lane);
    let a0 = load_a(a0_at, k, lane);
    let a1 = load_a(a1_at, k, lane);
    let a2 = load_a(a2_at, k, lane);
    let a3 = load_a(a3_at, k, lane);
    c00 += b0 * a0; c01 += b1 * a0;
    c10 += b0 * a1; c11 += b1 * a1;
    c20 += b0 * a2; c21 += b1 * a2;
    c30 += b0 * a3; c31 += b1 * a3;
    a0_at += a_step(); a1_at += a_step(); a2_at += a_step(); a3_at += a_step();
    b0_at += b_step(); b1_at += b_step();
  }
  let bias0 = bias_at(j);
  let bias1 = bias_at(j + 4u);
  store(matrix, i, j, lane, bias0, c00);
  store(matrix, i, j + 4u, lane, bias1, c01);
  store(matrix, i + 4u, j, lane, bias0, c10);
  store(matrix, i + 4u, j + 4u, lane, bias1, c11);
  store(matrix, i + 8u, j, lane, bias0, c20);
  store(matrix, i + 8u, j + 4u, lane, bias1, c21);
  store(matrix, i + 12u, j, lane, bias0, c30);
  store(matrix, i + 12u, j + 4u, lane, bias1, c31);
}
