// joins: lib/subgroups, lib/stored_{f32,f16}, lib/result_{f32,f16}, lib/matmul_quads
// Matmul (GEMM), 32 x 8 results an invocation, 32 x 32 a quad of the subgroup.

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn quads_32x8(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(local_invocation_index) local_index: u32,
) {
  let i = params.first + id.y * 32u;
  let j = params.first_column + id.x * 8u;
  let matrix = params.first_matrix + id.z;
  let lane = local_index % 4u;
  var a0_at = a_offset(matrix, i, lane);
  var a1_at = a_offset(matrix, i + 4u, lane);
  var a2_at = a_offset(matrix, i + 8u, lane);
  var a3_at = a_offset(matrix, i + 12u, lane);
  var a4_at = a_offset(matrix, i + 16u, lane);
  var a5_at = a_offset(matrix, i + 20u, lane);
  var a6_at = a_offset(matrix, i + 24u, lane);
  var a7_at = a_offset(matrix, i + 28u, lane);
  var b0_at = b_offsets(matrix, j, lane);
  var b1_at = b_offsets(matrix, j + 4u, lane);
  var c00 = mat4x4f(); var c01 = mat4x4f();
  var c10 = mat4x4f(); var c11 = mat4x4f();
  var c20 = mat4x4f(); var c21 = mat4x4f();
  var c30 = mat4x4f(); var c31 = mat4x4f();
  var c40 = mat4x4f(); var c41 = mat4x4f();
  var c50 = mat4x4f(); var c51 = mat4x4f();
  var c60 = mat4x4f(); var c61 = mat4x4f();
  var c70 = mat4x4f(); var c71 = mat4x4f();
  for (var block = 0u; block < blocks(); block++) {
    let k = block * 4u;
    let b0 = load_b(b0_at, k, lane);
    let b1 = load_b(b1_at, k, lane);
    let a0 = load_a(a0_at, k, lane);
    let a1 = load_a(a1_at, k, lane);
    let a2 = load_a(a2_at, k, lane);
    let a3 = load_a(a3_at, k, lane);
    let a4 = load_a(a4_at, k, lane);
    let a5 = load_a(a5_at, k, lane);
    let a6 = load_a(a6_at, k, lane);
    let a7 = load_a(a7_at, k, lane);
    c00 += b0 * a0; c01 += b1 * a0;
    c10 += b0 * a1; c11 += b1 * a1;
    c20 += b0 * a2; c21 += b1 * a2;
    c30 += b0 * a3; c31 += b1 * a3;
    c40 += b0 * a4; c41 += b1 * a4;
    c50 += b0 * a5; c51 += b1 * a5;
    c60 += b0 * a6; c61 += b1 * a6;
    c70 += b0 * a7; c71 += b1 * a7;
    a0_at += a_step(); a1_at += a_step(); a2_at += a_step(); a3_at += a_step();
    a4_at += a_step(); a5_at += a_step(); a6_at += a_step(); a7_at += a_step();
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
  store(matrix, i + 16u, j, lane, bias0, c40);
  store(matrix, i + 16u, j + 4u, lane, bias1, c41);
  store(matrix, i + 20u, j, lane, bias0, c50);
  store(matrix, i + 20u, j + 4u, lane, bias1, c51);
  store(matrix, i + 24u, j, lane, bias0, c60);
  store(matrix, i + 24u, j + 4u, lane, bias1, c61);
  store(matrix, i + 28u, j, lane, bias0, c70);
  store(matrix, i + 28u, j + 4u, lane, bias1, c71);
}
