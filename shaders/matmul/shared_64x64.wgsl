// joins: lib/stored_{f32,f16}, lib/result_{f32,f16}, lib/matmul_blocks
// Matmul (GEMM) for graphics cards: a workgroup of 8 x 8 invocations computes 64 x 64 results, 8 x 8 each in registers.
// Sixteen k at a time, every invocation loads one 4 x 4 block of A and one of B into workgroup memory, and all read them
// from there.

var<workgroup> a_tile: array<mat4x4f, 64>;  // [4 blocks along k][16 along rows]
var<workgroup> b_tile: array<mat4x4f, 64>;  // [4 blocks along k][16 along columns]

// The 4 x 4 block that starts at k; zero past the end.
fn block_of_a(at: vec4u, k: u32) -> mat4x4f {
  if (k + 4u <= params.k) { return load_a(at); }
  if (k < params.k) { return load_a_ragged(at); }
  return mat4x4f();
}

fn block_of_b(at: vec4u, k: u32) -> mat4x4f {
  if (k + 4u <= params.k) { return load_b(at); }
  if (k < params.k) { return load_b(ragged(at)); }
  return mat4x4f();
}

@compute @workgroup_size(8, 8)
fn shared_64x64(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let matrix = params.first_matrix + group.z;
  let i = params.first + group.y * 64u;
  let j = params.first_column + group.x * 64u;
  let own_k = index / 16u * 4u;
  var a_at = a_offsets(matrix, i + index % 16u * 4u) + vec4u(index / 16u * a_step());
  var b_at = b_offsets(matrix, j + index % 16u * 4u) + vec4u(index / 16u * b_step());
  var c00 = mat4x4f(); var c01 = mat4x4f();
  var c10 = mat4x4f(); var c11 = mat4x4f();
  for (var k = 0u; k < params.k; k += 16u) {
    a_tile[index] = block_of_a(a_at, k + own_k);
    b_tile[index] = block_of_b(b_at, k + own_k);
    a_at += 4u * a_step();
    b_at += 4u * b_step();
    workgroupBarrier();
    for (var slice = 0u; slice < 64u; slice += 16u) {
      // Neighbours read neighbouring blocks, so an invocation's two lie 8 apart.
      let a0 = a_tile[slice + local.y];
      let a1 = a_tile[slice + local.y + 8u];
      let b0 = b_tile[slice + local.x];
      let b1 = b_tile[slice + local.x + 8u];
      c00 += b0 * a0;
      c01 += b1 * a0;
      c10 += b0 * a1;
      c11 += b1 * a1;
    }
    workgroupBarrier();
  }
  let base = matrix * params.batch_c;
  let row = i + local.y * 4u;
  let column = j + local.x * 4u;
  store(base, row, column, c00);
  store(base, row, column + 32u, c01);
  store(base, row + 32u, column, c10);
  store(base, row + 32u, column + 32u, c11);
}
