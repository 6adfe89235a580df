// What the register-blocked products share: operands read as vectors into 4 x 4 blocks, and the epilogue.
// A block of A holds one row of op(A) a column (4 consecutive k each); a block of B one k a column (4 consecutive
// columns of op(B) each). Then `b * a` is the 4 x 4 block of C with one row of C a column.
// The stored inner extent of A and of B must be a multiple of 4; k may be ragged only where neither is inner.

struct Params {
  m: u32, n: u32, k: u32,
  batch_a: u32, batch_b: u32, batch_c: u32,
  // First row of this dispatch: long products are cut into several.
  first: u32,
}

override WORKGROUP: u32 = 4;
override TRANSPOSE_A: bool = false;
override TRANSPOSE_B: bool = false;
override BIAS: bool = false;
override RESIDUAL: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read_write> c: array<f32>;

fn a_row(base: u32, row: u32, k: u32) -> vec4f {
  return a[base + (min(row, params.m - 1u) * params.k + k) / 4u];
}

// Row k of a stored [k, m] matrix; rows past the end count as zero.
fn a_slice(base: u32, i: u32, k: u32) -> vec4f {
  let column = min(i, params.m - 4u);
  let value = a[base + (min(k, params.k - 1u) * params.m + column) / 4u];
  return select(vec4f(0.0), value, k < params.k);
}

fn load_a(base: u32, i: u32, k: u32) -> mat4x4f {
  if (TRANSPOSE_A) {
    return transpose(mat4x4f(a_slice(base, i, k), a_slice(base, i, k + 1u), a_slice(base, i, k + 2u), a_slice(base, i, k + 3u)));
  }
  return mat4x4f(a_row(base, i, k), a_row(base, i + 1u, k), a_row(base, i + 2u, k), a_row(base, i + 3u, k));
}

fn b_row(base: u32, row: u32, k: u32) -> vec4f {
  return b[base + (min(row, params.n - 1u) * params.k + k) / 4u];
}

fn b_slice(base: u32, j: u32, k: u32) -> vec4f {
  return b[base + (min(k, params.k - 1u) * params.n + min(j, params.n - 4u)) / 4u];
}

fn load_b(base: u32, j: u32, k: u32) -> mat4x4f {
  if (TRANSPOSE_B) {
    return transpose(mat4x4f(b_row(base, j, k), b_row(base, j + 1u, k), b_row(base, j + 2u, k), b_row(base, j + 3u, k)));
  }
  return mat4x4f(b_slice(base, j, k), b_slice(base, j, k + 1u), b_slice(base, j, k + 2u), b_slice(base, j, k + 3u));
}

fn store_row(base: u32, row: u32, column: u32, values: vec4f) {
  if (row >= params.m) {
    return;
  }
  for (var j = 0u; j < 4u; j++) {
    if (column + j < params.n) {
      let at = base + row * params.n + column + j;
      var value = values[j];
      if (BIAS) { value += bias[column + j]; }
      if (RESIDUAL) { value += residual[at]; }
      c[at] = value;
    }
  }
}

fn store(base: u32, row: u32, column: u32, block: mat4x4f) {
  store_row(base, row, column, block[0]);
  store_row(base, row + 1u, column, block[1]);
  store_row(base, row + 2u, column, block[2]);
  store_row(base, row + 3u, column, block[3]);
}
