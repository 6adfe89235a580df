// What the attention kernels share. Work goes in blocks of 4 queries by 4 keys held as a mat4x4f: one key a column,
// one query a row, so that what belongs to the queries (maxima, sums) is one vec4f. Rows past the last query or key
// read the last one again; they are given no weight where they would count, and are not stored.

struct Params {
  // Invocations of this dispatch are `first` to `end` - 1 of all: long work is cut into several dispatches.
  first: u32, end: u32,
  heads: u32, head_size: u32, queries: u32, keys: u32,
  // Runs of up to 16 columns of a head that separate invocations make; each computes the scores for itself.
  parts: u32,
  // Sequence s starts at element (s / inner) * outer + (s % inner) * inner stride; its rows are `row` apart.
  inner: u32,
  q_outer: u32, q_inner: u32, q_row: u32,
  dq_outer: u32,
  k_outer: u32, k_inner: u32, k_row: u32, k_column: u32, v_column: u32,
  scale: f32,
}

override WORKGROUP: u32 = 64;
override MATS: u32 = 4;  // 4 x 4 blocks in a part: 1 to 4

@group(0) @binding(0) var<uniform> params: Params;

const LANES = vec4u(0u, 1u, 2u, 3u);

// One invocation's share: 4 rows (queries or keys) from `row` on, one part of the columns of one head.
struct Share {
  sequence: u32,
  head: u32,
  part: u32,
  row: u32,
}

fn share_of(i: u32, rows: u32) -> Share {
  let blocks = (rows + 3u) / 4u;
  var rest = i / blocks;
  let part = rest % params.parts;
  rest /= params.parts;
  return Share(rest / params.heads, rest % params.heads, part, (i % blocks) * 4u);
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

// q k^T / sqrt(head size): one key a column.
fn scores(queries: vec4u, keys: vec4u) -> mat4x4f {
  var s = mat4x4f();
  for (var c = 0u; c < params.head_size; c += 4u) {
    s += transpose(q_block(queries, c)) * kv_block(keys, c);
  }
  return s * params.scale;
}

// exp(s - reference), the argument held where exp neither overflows nor is subnormal.
fn exp_below(s: vec4f, reference: vec4f) -> vec4f {
  return exp(clamp(s - reference, vec4f(-80.0), vec4f(0.0)));
}

fn probabilities(s: mat4x4f, reference: vec4f) -> mat4x4f {
  return mat4x4f(
    exp_below(s[0], reference), exp_below(s[1], reference), exp_below(s[2], reference), exp_below(s[3], reference),
  );
}

// Each column (a key) times its factor.
fn scale_keys(m: mat4x4f, factors: vec4f) -> mat4x4f {
  return mat4x4f(m[0] * factors.x, m[1] * factors.y, m[2] * factors.z, m[3] * factors.w);
}

// Each row (a query) times its factor.
fn scale_queries(m: mat4x4f, factors: vec4f) -> mat4x4f {
  return mat4x4f(m[0] * factors, m[1] * factors, m[2] * factors, m[3] * factors);
}

fn larger(before: vec4f, s: mat4x4f) -> vec4f {
  return max(before, max(max(s[0], s[1]), max(s[2], s[3])));
}

// Stores the four columns of a block as rows of a gradient laid out as `row` elements a row.
fn store_gradient(base: u32, first: u32, rows: u32, row: u32, c: u32, block: mat4x4f) {
  store_dx(base + first * row, c, block[0]);
  if (first + 1u < rows) { store_dx(base + (first + 1u) * row, c, block[1]); }
  if (first + 2u < rows) { store_dx(base + (first + 2u) * row, c, block[2]); }
  if (first + 3u < rows) { store_dx(base + (first + 3u) * row, c, block[3]); }
}
