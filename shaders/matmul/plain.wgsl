// joins: lib/stored_{f32,f16}, lib/result_{f32,f16}
// Matmul (GEMM), C = op(A) op(B) (+ bias) (+ residual), one result an invocation. Takes any shape: the plain path beside
// the blocked ones, and the one for rows that are not whole vectors of 4.
//
// The gradients are matmuls themselves: dA = dC op(B)^T, dB = op(A)^T dC, by TRANSPOSE_A and TRANSPOSE_B without a copy.

struct Params {
  m: u32, n: u32, k: u32,
  // Elements from one matrix of the batch to the next; 0 where it is shared.
  batch_a: u32, batch_b: u32, batch_c: u32,
  // First row, column and matrix of this dispatch: long and wide matmuls are cut into several.
  first: u32, first_column: u32, first_matrix: u32,
  with_bias: u32,
}

override WORKGROUP_X: u32 = 8;
override WORKGROUP_Y: u32 = 8;
override TRANSPOSE_A: bool = false;  // A is stored [k, m]
override TRANSPOSE_B: bool = false;  // B is stored [n, k]
override RESIDUAL: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<Stored>;
@group(0) @binding(2) var<storage, read> b: array<Stored>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<Result>;
@group(0) @binding(5) var<storage, read_write> c: array<Result>;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn plain(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first + id.y;
  let column = params.first_column + id.x;
  let matrix = params.first_matrix + id.z;
  if (column >= params.n || row >= params.m) {
    return;
  }
  let a_step = select(1u, params.m, TRANSPOSE_A);
  let b_step = select(params.n, 1u, TRANSPOSE_B);
  var a_at = matrix * params.batch_a + row * select(params.k, 1u, TRANSPOSE_A);
  var b_at = matrix * params.batch_b + column * select(1u, params.k, TRANSPOSE_B);
  var total = 0.0;
  for (var k = 0u; k < params.k; k++) {
    total += f32(a[a_at]) * f32(b[b_at]);
    a_at += a_step;
    b_at += b_step;
  }
  let at = matrix * params.batch_c + row * params.n + column;
  if (params.with_bias != 0u) { total += bias[column]; }
  if (RESIDUAL) { total += f32(residual[at]); }
  c[at] = Result(total);
}
