// What the attention kernels share. Work goes in blocks of 4 queries by 4 keys held as a mat4x4f: one key a column,
// one query a row, so that what belongs to the queries (maxima, sums) is one vec4f. Rows past the last query or key
// read the last one again; they are given no weight where they would count, and are not stored.

struct Params {
  // Invocations of this dispatch are `first` to `end` - 1 of all: long work is cut into several dispatches.
  first: u32, end: u32,
  heads: u32, head_size: u32, queries: u32, keys: u32,
  // Runs of MATS * 4 columns of a head that separate invocations make; each computes the scores for itself.
  parts: u32,
  // Sequence s starts at element (s / inner) * outer + (s % inner) * inner stride; its rows are `row` apart.
  inner: u32,
  q_outer: u32, q_inner: u32, q_row: u32,
  dq_outer: u32,
  k_outer: u32, k_inner: u32, k_row: u32, k_column: u32, v_column: u32,
  scale: f32,
}

override WORKGROUP: u32 = 64;
override MATS: u32 = 4;        // 4 x 4 blocks in a part: 1 to 8
override WHOLE: bool = false;  // a part is the whole head, so that what is read for the scores serves again
override PAIR: bool = false;   // two blocks of 4 rows an invocation, so that what is read serves both; only where WHOLE

@group(0) @binding(0) var<uniform> params: Params;

const LANES = vec4u(0u, 1u, 2u, 3u);

// One invocation's share: 4 rows (queries or keys) from `row` on, 8 where PAIR, one part of the columns of one head.
struct Share {
  sequence: u32,
  head: u32,
  part: u32,
  row: u32,
}

fn share_of(i: u32, rows: u32) -> Share {
  let each = select(4u, 8u, PAIR);
  let blocks = (rows + each - 1u) / each;
  var rest = i / blocks;
  let part = rest % params.parts;
  rest /= params.parts;
  return Share(rest / params.heads, rest % params.heads, part, (i % blocks) * each);
}

fn invocation(id: vec3u, groups: vec3u) -> u32 {
  return params.first + id.y * groups.x * WORKGROUP + id.x;
}

// Where the head's queries, keys and values start, in elements; and the gradient of the queries.
fn q_base(s: Share) -> u32 {
  return s.sequence / params.inner * params.q_outer + s.sequence % params.inner * params.q_inner + s.head * params.head_size;
}

fn dq_base(s: Share) -> u32 {
  return s.sequence / params.inner * params.dq_outer + s.sequence % params.inner * params.q_inner + s.head * params.head_size;
}

fn k_base(s: Share) -> u32 {
  return s.sequence / params.inner * params.k_outer + s.sequence % params.inner * params.k_inner + params.k_column
    + s.head * params.head_size;
}

fn q_rows(base: u32, i: u32) -> vec4u {
  return base + min(i + LANES, vec4u(params.queries - 1u)) * params.q_row;
}

fn k_rows(base: u32, j: u32) -> vec4u {
  return base + min(j + LANES, vec4u(params.keys - 1u)) * params.k_row;
}

// Index of what is kept a query, or a key, of a head: [sequences, heads, rows].
fn kept_rows(s: Share, i: u32, rows: u32) -> vec4u {
  return (s.sequence * params.heads + s.head) * rows + min(i + LANES, vec4u(rows - 1u));
}

// 1 for rows that exist, 0 past the last.
fn live(i: u32, rows: u32) -> vec4f {
  return select(vec4f(0.0), vec4f(1.0), i + LANES < vec4u(rows));
}

// Four rows, one a column, 4 columns of the head each.
fn q_block(rows: vec4u, c: u32) -> mat4x4f {
  return mat4x4f(load_q(rows.x, c), load_q(rows.y, c), load_q(rows.z, c), load_q(rows.w, c));
}

fn kv_block(rows: vec4u, c: u32) -> mat4x4f {
  return mat4x4f(load_kv(rows.x, c), load_kv(rows.y, c), load_kv(rows.z, c), load_kv(rows.w, c));
}

fn g_block(rows: vec4u, c: u32) -> mat4x4f {
  return mat4x4f(load_g(rows.x, c), load_g(rows.y, c), load_g(rows.z, c), load_g(rows.w, c));
}

fn attended_block(rows: vec4u, c: u32) -> mat4x4f {
  return mat4x4f(load_attended(rows.x, c), load_attended(rows.y, c), load_attended(rows.z, c), load_attended(rows.w, c));
}

// 4 rows by the columns of one part: blocks beyond MATS are not touched.
struct Strip {
  b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f, b4: mat4x4f, b5: mat4x4f, b6: mat4x4f, b7: mat4x4f,
}

fn q_strip(rows: vec4u, c: u32) -> Strip {
  var x = Strip();
  x.b0 = q_block(rows, c);
  if (MATS > 1u) { x.b1 = q_block(rows, c + 4u); }
  if (MATS > 2u) { x.b2 = q_block(rows, c + 8u); }
  if (MATS > 3u) { x.b3 = q_block(rows, c + 12u); }
  if (MATS > 4u) { x.b4 = q_block(rows, c + 16u); }
  if (MATS > 5u) { x.b5 = q_block(rows, c + 20u); }
  if (MATS > 6u) { x.b6 = q_block(rows, c + 24u); }
  if (MATS > 7u) { x.b7 = q_block(rows, c + 28u); }
  return x;
}

fn kv_strip(rows: vec4u, c: u32) -> Strip {
  var x = Strip();
  x.b0 = kv_block(rows, c);
  if (MATS > 1u) { x.b1 = kv_block(rows, c + 4u); }
  if (MATS > 2u) { x.b2 = kv_block(rows, c + 8u); }
  if (MATS > 3u) { x.b3 = kv_block(rows, c + 12u); }
  if (MATS > 4u) { x.b4 = kv_block(rows, c + 16u); }
  if (MATS > 5u) { x.b5 = kv_block(rows, c + 20u); }
  if (MATS > 6u) { x.b6 = kv_block(rows, c + 24u); }
  if (MATS > 7u) { x.b7 = kv_block(rows, c + 28u); }
  return x;
}

fn g_strip(rows: vec4u, c: u32) -> Strip {
  var x = Strip();
  x.b0 = g_block(rows, c);
  if (MATS > 1u) { x.b1 = g_block(rows, c + 4u); }
  if (MATS > 2u) { x.b2 = g_block(rows, c + 8u); }
  if (MATS > 3u) { x.b3 = g_block(rows, c + 12u); }
  if (MATS > 4u) { x.b4 = g_block(rows, c + 16u); }
  if (MATS > 5u) { x.b5 = g_block(rows, c + 20u); }
  if (MATS > 6u) { x.b6 = g_block(rows, c + 24u); }
  if (MATS > 7u) { x.b7 = g_block(rows, c + 28u); }
  return x;
}

// Dot products of the rows of two strips: those of `a` are the rows of the result, those of `b` its columns.
fn dots(a: Strip, b: Strip) -> mat4x4f {
  var s = transpose(a.b0) * b.b0;
  if (MATS > 1u) { s += transpose(a.b1) * b.b1; }
  if (MATS > 2u) { s += transpose(a.b2) * b.b2; }
  if (MATS > 3u) { s += transpose(a.b3) * b.b3; }
  if (MATS > 4u) { s += transpose(a.b4) * b.b4; }
  if (MATS > 5u) { s += transpose(a.b5) * b.b5; }
  if (MATS > 6u) { s += transpose(a.b6) * b.b6; }
  if (MATS > 7u) { s += transpose(a.b7) * b.b7; }
  return s;
}

// Adds to row r of `sum` the rows of `x` weighed by column r of `weights`.
fn add(sum: ptr<function, Strip>, x: Strip, weights: mat4x4f) {
  (*sum).b0 += x.b0 * weights;
  if (MATS > 1u) { (*sum).b1 += x.b1 * weights; }
  if (MATS > 2u) { (*sum).b2 += x.b2 * weights; }
  if (MATS > 3u) { (*sum).b3 += x.b3 * weights; }
  if (MATS > 4u) { (*sum).b4 += x.b4 * weights; }
  if (MATS > 5u) { (*sum).b5 += x.b5 * weights; }
  if (MATS > 6u) { (*sum).b6 += x.b6 * weights; }
  if (MATS > 7u) { (*sum).b7 += x.b7 * weights; }
}

// Multiplies each row of the strip by its factor.
fn scale_rows(x: ptr<function, Strip>, factors: vec4f) {
  (*x).b0 = scale_columns((*x).b0, factors);
  if (MATS > 1u) { (*x).b1 = scale_columns((*x).b1, factors); }
  if (MATS > 2u) { (*x).b2 = scale_columns((*x).b2, factors); }
  if (MATS > 3u) { (*x).b3 = scale_columns((*x).b3, factors); }
  if (MATS > 4u) { (*x).b4 = scale_columns((*x).b4, factors); }
  if (MATS > 5u) { (*x).b5 = scale_columns((*x).b5, factors); }
  if (MATS > 6u) { (*x).b6 = scale_columns((*x).b6, factors); }
  if (MATS > 7u) { (*x).b7 = scale_columns((*x).b7, factors); }
}

// q k^T / sqrt(head size), one key a column, without keeping what was read.
fn scores(queries: vec4u, keys: vec4u) -> mat4x4f {
  var s = mat4x4f();
  for (var c = 0u; c < params.head_size; c += 4u) {
    s += transpose(q_block(queries, c)) * kv_block(keys, c);
  }
  return s * params.scale;
}

// What an invocation holds of its 4 queries, or 4 keys, where that is the whole head; nothing otherwise.
fn own_queries(queries: vec4u) -> Strip {
  if (WHOLE) {
    return q_strip(queries, 0u);
  }
  return Strip();
}

fn own_keys(keys: vec4u) -> Strip {
  if (WHOLE) {
    return kv_strip(keys, 0u);
  }
  return Strip();
}

// `scores` with one side held, or both. Scaled last in all: a score must have the same bits in every kernel.
fn scores_of_queries(own: Strip, queries: vec4u, keys: vec4u) -> mat4x4f {
  if (WHOLE) {
    return scores_of(own, kv_strip(keys, 0u));
  }
  return scores(queries, keys);
}

fn scores_of_keys(own: Strip, queries: vec4u, keys: vec4u) -> mat4x4f {
  if (WHOLE) {
    return scores_of(q_strip(queries, 0u), own);
  }
  return scores(queries, keys);
}

fn scores_of(query: Strip, key: Strip) -> mat4x4f {
  return dots(query, key) * params.scale;
}

// exp(s - reference), where s is hardly above the reference; far below it is 0, as it should be.
fn exp_below(s: vec4f, reference: vec4f) -> vec4f {
  return exp(s - reference);
}

fn probabilities(s: mat4x4f, reference: vec4f) -> mat4x4f {
  return mat4x4f(
    exp_below(s[0], reference), exp_below(s[1], reference), exp_below(s[2], reference), exp_below(s[3], reference),
  );
}

// A sum of exponentials, NaN unless it is positive and finite: a score that is NaN or infinite makes it otherwise, with
// some drivers infinite or 0.
fn settled(total: vec4f) -> vec4f {
  return nan_where(total, bitcast<vec4u>(total) - 1u >= vec4u(0x7f7fffffu));
}

// Each column of a block times its factor; and each row.
fn scale_columns(m: mat4x4f, factors: vec4f) -> mat4x4f {
  return mat4x4f(m[0] * factors.x, m[1] * factors.y, m[2] * factors.z, m[3] * factors.w);
}

fn scale_each_row(m: mat4x4f, factors: vec4f) -> mat4x4f {
  return mat4x4f(m[0] * factors, m[1] * factors, m[2] * factors, m[3] * factors);
}

// `select` rather than `max`, which costs processors twice as much for its care about NaN.
fn larger(a: vec4f, b: vec4f) -> vec4f {
  return select(a, b, b > a);
}

fn largest_of(s: mat4x4f) -> vec4f {
  return larger(larger(s[0], s[1]), larger(s[2], s[3]));
}

// Block n of a strip, for what is done once and not in a loop over keys.
fn block_of(x: Strip, n: u32) -> mat4x4f {
  switch n {
    case 0u: { return x.b0; }
    case 1u: { return x.b1; }
    case 2u: { return x.b2; }
    case 3u: { return x.b3; }
    case 4u: { return x.b4; }
    case 5u: { return x.b5; }
    case 6u: { return x.b6; }
    default: { return x.b7; }
  }
}

// Writes the rows of a strip from row `first` on of a gradient whose rows are `step` elements apart, those that exist.
fn store_gradient(base: u32, first: u32, rows: u32, step: u32, c: u32, x: Strip) {
  if (first >= rows) {
    return;
  }
  for (var n = 0u; n < MATS; n++) {
    let block = block_of(x, n);
    for (var r = 0u; r < min(4u, rows - first); r++) {
      store_dx(base + (first + r) * step, c + 4u * n, block[r]);
    }
  }
}
