// What the matmuls in register blocks share: operands read as vectors into 4 x 4 blocks, and the epilogue (bias, residual).
// A block of A holds one row of op(A) a column (4 consecutive k each); a block of B one k a column (4 consecutive
// columns of op(B) each). Then `b * a` is the 4 x 4 block of C with one row of C a column.
// The stored inner extent of A and of B must be a multiple of 4; k may be ragged only where neither is inner.

struct Params {
  m: u32, n: u32, k: u32,
  batch_a: u32, batch_b: u32, batch_c: u32,
  // First row, column and matrix of this dispatch: long and wide matmuls are cut into several.
  first: u32, first_column: u32, first_matrix: u32,
  with_bias: u32,
}

override WORKGROUP_X: u32 = 4;
override WORKGROUP_Y: u32 = 4;
override TRANSPOSE_A: bool = false;
override TRANSPOSE_B: bool = false;
override RESIDUAL: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<Stored4>;
@group(0) @binding(2) var<storage, read> b: array<Stored4>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<Result>;
@group(0) @binding(5) var<storage, read_write> c: array<Result>;

// Offsets of the four vectors of a block, counted in vectors; rows past the end of a matrix are its last.
fn a_offsets(batch: u32, i: u32) -> vec4u {
  let base = batch * params.batch_a;
  if (TRANSPOSE_A) {
    return (base + vec4u(0u, 1u, 2u, 3u) * params.m + min(i, params.m - 4u)) / 4u;
  }
  return (base + min(vec4u(i, i + 1u, i + 2u, i + 3u), vec4u(params.m - 1u)) * params.k) / 4u;
}

fn b_offsets(batch: u32, j: u32) -> vec4u {
  let base = batch * params.batch_b;
  if (TRANSPOSE_B) {
    return (base + min(vec4u(j, j + 1u, j + 2u, j + 3u), vec4u(params.n - 1u)) * params.k) / 4u;
  }
  return (base + vec4u(0u, 1u, 2u, 3u) * params.n + min(j, params.n - 4u)) / 4u;
}

// From one block along k to the next.
fn a_step() -> u32 {
  return select(1u, params.m, TRANSPOSE_A);
}

fn b_step() -> u32 {
  return select(params.n, 1u, TRANSPOSE_B);
}

fn load_a(at: vec4u) -> mat4x4f {
  let block = mat4x4f(vec4f(a[at.x]), vec4f(a[at.y]), vec4f(a[at.z]), vec4f(a[at.w]));
  if (TRANSPOSE_A) {
    return transpose(block);
  }
  return block;
}

fn load_b(at: vec4u) -> mat4x4f {
  let block = mat4x4f(vec4f(b[at.x]), vec4f(b[at.y]), vec4f(b[at.z]), vec4f(b[at.w]));
  if (TRANSPOSE_B) {
    return transpose(block);
  }
  return block;
}

// The last, ragged block along k: rows past the end read the first one and count as nothing. Only where k is
// neither operand's inner extent.
fn ragged(at: vec4u) -> vec4u {
  return select(vec4u(at.x), at, vec4u(0u, 1u, 2u, 3u) < vec4u(params.k % 4u));
}

fn load_a_ragged(at: vec4u) -> mat4x4f {
  let kept = select(vec4f(0.0), vec4f(1.0), vec4u(0u, 1u, 2u, 3u) < vec4u(params.k % 4u));
  let rows = ragged(at);
  let block = mat4x4f(vec4f(a[rows.x]), vec4f(a[rows.y]), vec4f(a[rows.z]), vec4f(a[rows.w]));
  return transpose(mat4x4f(block[0] * kept.x, block[1] * kept.y, block[2] * kept.z, block[3] * kept.w));
}

fn store_one(base: u32, row: u32, column: u32, value: f32) {
  if (column >= params.n) {
    return;
  }
  let at = base + row * params.n + column;
  var sum = value;
  if (params.with_bias != 0u) { sum += bias[column]; }
  if (RESIDUAL) { sum += f32(residual[at]); }
  c[at] = Result(sum);
}

fn store_row(base: u32, row: u32, column: u32, values: vec4f) {
  if (row >= params.m) {
    return;
  }
  store_one(base, row, column, values.x);
  store_one(base, row, column + 1u, values.y);
  store_one(base, row, column + 2u, values.z);
  store_one(base, row, column + 3u, values.w);
}

fn store(base: u32, row: u32, column: u32, block: mat4x4f) {
  store_row(base, row, column, block[0]);
  store_row(base, row + 1u, column, block[1]);
  store_row(base, row + 2u, column, block[2]);
  store_row(base, row + 3u, column, block[3]);
}
