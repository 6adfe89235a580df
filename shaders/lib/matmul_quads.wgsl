// What the matmuls of subgroup quads share. The four invocations of a quad compute the same rows of C and columns side by
// side. Each loads a quarter of the block of A; the others' quarters come from their registers, in the order own, beside,
// below, across: invocation `lane` meets quarter `lane ^ s` at step s. So a block of A costs a quarter of the loads, which
// is what a matmul spends its time on where every lane's load is a load of its own.
//
// Both inner extents and n must be multiples of 4, and A and B not both transposed; k may be ragged where A is
// transposed.

struct Params {
  m: u32, n: u32, k: u32,
  // Elements from one matrix of the batch to the next; 0 where it is shared.
  batch_a: u32, batch_b: u32, batch_c: u32,
  // First row, column and matrix of this dispatch: long and wide matmuls are cut into several.
  first: u32, first_column: u32, first_matrix: u32,
  with_bias: u32,
}

override WORKGROUP_X: u32 = 4;
override WORKGROUP_Y: u32 = 1;
override TRANSPOSE_A: bool = false;  // A is stored [k, m]
override TRANSPOSE_B: bool = false;  // B is stored [n, k]
override RESIDUAL: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<Stored4>;
@group(0) @binding(2) var<storage, read> b: array<Stored4>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<Result4>;
@group(0) @binding(5) var<storage, read_write> c: array<Result4>;

const STEPS = vec4u(0u, 1u, 2u, 3u);

// Offset of the vector that this lane loads of four rows of op(A); rows past the end are the last.
fn a_offset(matrix: u32, i: u32, lane: u32) -> u32 {
  let base = matrix * params.batch_a;
  if (TRANSPOSE_A) {
    return (base + lane * params.m + min(i, params.m - 4u)) / 4u;
  }
  return (base + min(i + lane, params.m - 1u) * params.k) / 4u;
}

// Offsets of the four vectors of four columns of op(B). With A transposed each lane meets k in its own order.
fn b_offsets(matrix: u32, j: u32, lane: u32) -> vec4u {
  let base = matrix * params.batch_b;
  if (TRANSPOSE_B) {
    return (base + min(j + STEPS, vec4u(params.n - 1u)) * params.k) / 4u;
  }
  let rows = select(STEPS, STEPS ^ vec4u(lane), TRANSPOSE_A);
  return (base + rows * params.n + min(j, params.n - 4u)) / 4u;
}

// From one block along k to the next.
fn a_step() -> u32 {
  return select(1u, params.m, TRANSPOSE_A);
}

fn b_step() -> u32 {
  return select(params.n, 1u, TRANSPOSE_B);
}

// Blocks along k; the last may be ragged where k is neither operand's inner extent.
fn blocks() -> u32 {
  return (params.k + 3u) / 4u;
}

// Where this lane's quarter of a block that starts at k lies past the end it counts as nothing.
fn load_a(at: u32, k: u32, lane: u32) -> mat4x4f {
  var own: vec4f;
  if (TRANSPOSE_A) {
    let inside = k + lane < params.k;
    own = select(vec4f(0.0), vec4f(a[select(0u, at, inside)]), inside);
  } else {
    own = vec4f(a[at]);
  }
  let block = mat4x4f(own, quadSwapX(own), quadSwapY(own), quadSwapDiagonal(own));
  if (TRANSPOSE_A) {
    return transpose(block);
  }
  return block;
}

// Rows past the end are read as the first: 0 times whatever else lies there could be no number.
fn load_b(at: vec4u, k: u32, lane: u32) -> mat4x4f {
  var offsets = at;
  if (TRANSPOSE_A) {
    let first = at.x - lane * (params.n / 4u);
    offsets = select(vec4u(first), at, k + (STEPS ^ vec4u(lane)) < vec4u(params.k));
  }
  let block = mat4x4f(vec4f(b[offsets.x]), vec4f(b[offsets.y]), vec4f(b[offsets.z]), vec4f(b[offsets.w]));
  if (TRANSPOSE_B) {
    return transpose(block);
  }
  return block;
}

fn bias_at(column: u32) -> vec4f {
  if (params.with_bias == 0u || column >= params.n) {
    return vec4f(0.0);
  }
  return bias[column / 4u];
}

fn store_row(base: u32, row: u32, column: u32, values: vec4f) {
  if (row >= params.m || column >= params.n) {
    return;
  }
  let at = (base + row * params.n + column) / 4u;
  var sum = values;
  if (RESIDUAL) { sum += vec4f(residual[at]); }
  c[at] = Result4(sum);
}

fn store(matrix: u32, row: u32, column: u32, lane: u32, bias: vec4f, block: mat4x4f) {
  let base = matrix * params.batch_c;
  if (RESIDUAL) {
    // A loop, since 32 loads written out take SwiftShader as long to compile as all the rest.
    var sums = block;
    for (var step = 0u; step < 4u; step++) {
      store_row(base, row + select(step ^ lane, step, TRANSPOSE_A), column, sums[step] + bias);
    }
    return;
  }
  let rows = row + select(STEPS ^ vec4u(lane), STEPS, TRANSPOSE_A);
  store_row(base, rows.x, column, block[0] + bias);
  store_row(base, rows.y, column, block[1] + bias);
  store_row(base, rows.z, column, block[2] + bias);
  store_row(base, rows.w, column, block[3] + bias);
}
