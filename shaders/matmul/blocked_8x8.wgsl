// joins: lib/stored_{f32,f16}, lib/result_{f32,f16}, lib/matmul_blocks
// Matmul (GEMM), 8 x 8 results an invocation in registers, operands straight from storage. Blocks in registers: Volkov and
// Demmel, "Benchmarking GPUs to tune dense linear algebra", SC 2008.

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn blocked(@builtin(global_invocation_id) id: vec3u) {
  let i = params.first + id.y * 8u;
  let j = params.first_column + id.x * 8u;
  if (i >= params.m || j >= params.n) {
    return;
  }
  let matrix = params.first_matrix + id.z;
  var a0_at = a_offsets(matrix, i);
  var a1_at = a_offsets(matrix, i + 4u);
  var b0_at = b_offsets(matrix, j);
  var b1_at = b_offsets(matrix, j + 4u);
  var c00 = mat4x4f(); var c01 = mat4x4f();
  var c10 = mat4x4f(); var c11 = mat4x4f();
  for (var k = params.k / 4u; k > 0u; k--) {
    let a0 = load_a(a0_at);
    let a1 = load_a(a1_at);
    let b0 = load_b(b0_at);
    let b1 = load_b(b1_at);
    c00 += b0 * a0;
    c01 += b1 * a0;
    c10 += b0 * a1;
    c11 += b1 * a1;
    a0_at += a_step(); a1_at += a_step();
    b0_at += b_step(); b1_at += b_step();
  }
  if (TRANSPOSE_A && !TRANSPOSE_B && params.k % 4u > 0u) {
    let a0 = load_a_ragged(a0_at);
    let a1 = load_a_ragged(a1_at);
    let b0 = load_b(ragged(b0_at));
    let b1 = load_b(ragged(b1_at));
    c00 += b0 * a0;
    c01 += b1 * a0;
    c10 += b0 * a1;
    c11 += b1 * a1;
  }
  let base = matrix * params.batch_c;
  store(base, i, j, c00);
  store(base, i, j + 4u, c01);
  store(base, i + 4u, j, c10);
  store(base, i + 4u, j + 4u, c11);
}
