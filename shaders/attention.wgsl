// Attention, self and cross: softmax(q k^T / sqrt(head size)) v. No score leaves an invocation: forward keeps the
// log-sum-exp of each query, backward recomputes from it.

@group(0) @binding(4) var<storage, read_write> lse_out: array<f32>;

fn o_base(s: Share) -> u32 {
  return (s.sequence * params.queries * params.heads + s.head) * params.head_size;
}

fn store_output(base: u32, first: u32, c: u32, block: mat4x4f) {
  let row = params.heads * params.head_size;
  store_o(base + first * row, c, block[0]);
  if (first + 1u < params.queries) { store_o(base + (first + 1u) * row, c, block[1]); }
  if (first + 2u < params.queries) { store_o(base + (first + 2u) * row, c, block[2]); }
  if (first + 3u < params.queries) { store_o(base + (first + 3u) * row, c, block[3]); }
}

// 4 queries, up to 16 columns; the softmax runs along (one pass over the keys).
@compute @workgroup_size(WORKGROUP)
fn attend(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let s = share_of(i, params.queries);
  let c = s.part * MATS * 4u;
  let queries = q_rows(q_base(s), s.row);
  let key_base = k_base(s);
  let to_value = params.v_column - params.k_column;
  var o0 = mat4x4f(); var o1 = mat4x4f(); var o2 = mat4x4f(); var o3 = mat4x4f();
  var largest = vec4f(-3.0e38);
  var total = vec4f(0.0);
  for (var j = 0u; j < params.keys; j += 4u) {
    let keys = k_rows(key_base, j);
    let raw = scores(queries, keys);
    let now = larger(largest, raw);
    let keep = exp_below(largest, now);
    let p = scale_keys(probabilities(raw, now), live(j, params.keys));
    total = total * keep + (p[0] + p[1]) + (p[2] + p[3]);
    largest = now;
    let by_query = transpose(p);
    let values = keys + to_value;
    o0 = scale_keys(o0, keep) + kv_block(values, c) * by_query;
    if (MATS > 1u) { o1 = scale_keys(o1, keep) + kv_block(values, c + 4u) * by_query; }
    if (MATS > 2u) { o2 = scale_keys(o2, keep) + kv_block(values, c + 8u) * by_query; }
    if (MATS > 3u) { o3 = scale_keys(o3, keep) + kv_block(values, c + 12u) * by_query; }
  }
  let share = 1.0 / total;
  let base = o_base(s);
  store_output(base, s.row, c, scale_keys(o0, share));
  if (MATS > 1u) { store_output(base, s.row, c + 4u, scale_keys(o1, share)); }
  if (MATS > 2u) { store_output(base, s.row, c + 8u, scale_keys(o2, share)); }
  if (MATS > 3u) { store_output(base, s.row, c + 12u, scale_keys(o3, share)); }
  if (s.part == 0u) {
    let lse = largest + log(total);
    let at = kept_rows(s, s.row, params.queries);
    for (var n = 0u; n < min(4u, params.queries - s.row); n++) {
      lse_out[at.x + n] = lse[n];
    }
  }
}

// delta = sum over a head's columns of dO * O: what the softmax's derivative takes off every probability's gradient.
@group(0) @binding(1) var<storage, read> output: array<f32>;
@group(0) @binding(2) var<storage, read> d_output: array<f32>;
@group(0) @binding(3) var<storage, read_write> delta_out: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn delta_of(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  // i counts [sequences, heads, queries].
  let query = i % params.queries;
  let head = i / params.queries % params.heads;
  let sequence = i / params.queries / params.heads;
  let base = ((sequence * params.queries + query) * params.heads + head) * params.head_size;
  var total = 0.0;
  for (var c = 0u; c < params.head_size; c++) {
    total += output[base + c] * d_output[base + c];
  }
  delta_out[i] = total;
}

@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> delta: array<f32>;

fn g_rows(base: u32, i: u32) -> vec4u {
  return base + min(i + LANES, vec4u(params.queries - 1u)) * params.heads * params.head_size;
}

fn load_lse(at: vec4u) -> vec4f {
  return vec4f(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
}

fn load_delta(at: vec4u) -> vec4f {
  return vec4f(delta[at.x], delta[at.y], delta[at.z], delta[at.w]);
}

// Scores and gradients of the probabilities of one block: both are dot products over the head, in one loop.
struct Pair {
  scores: mat4x4f,
  d_probabilities: mat4x4f,
}

fn pair_of(queries: vec4u, gradients: vec4u, keys: vec4u, values: vec4u) -> Pair {
  var s = mat4x4f();
  var dp = mat4x4f();
  for (var c = 0u; c < params.head_size; c += 4u) {
    s += transpose(q_block(queries, c)) * kv_block(keys, c);
    dp += transpose(g_block(gradients, c)) * kv_block(values, c);
  }
  return Pair(s * params.scale, dp);
}

fn d_scores(p: mat4x4f, dp: mat4x4f, delta4: vec4f) -> mat4x4f {
  return mat4x4f(p[0] * (dp[0] - delta4), p[1] * (dp[1] - delta4), p[2] * (dp[2] - delta4), p[3] * (dp[3] - delta4));
}

// dQ = dS K / sqrt(head size): 4 queries, up to 16 columns.
@compute @workgroup_size(WORKGROUP)
fn d_queries(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let s = share_of(i, params.queries);
  let c = s.part * MATS * 4u;
  let queries = q_rows(q_base(s), s.row);
  let gradients = g_rows(o_base(s), s.row);
  let kept = kept_rows(s, s.row, params.queries);
  let lse4 = load_lse(kept);
  let delta4 = load_delta(kept);
  let key_base = k_base(s);
  let to_value = params.v_column - params.k_column;
  var d0 = mat4x4f(); var d1 = mat4x4f(); var d2 = mat4x4f(); var d3 = mat4x4f();
  for (var j = 0u; j < params.keys; j += 4u) {
    let keys = k_rows(key_base, j);
    let pair = pair_of(queries, gradients, keys, keys + to_value);
    let ds = d_scores(probabilities(pair.scores, lse4), pair.d_probabilities, delta4);
    let by_query = transpose(scale_keys(ds, live(j, params.keys)));
    d0 += kv_block(keys, c) * by_query;
    if (MATS > 1u) { d1 += kv_block(keys, c + 4u) * by_query; }
    if (MATS > 2u) { d2 += kv_block(keys, c + 8u) * by_query; }
    if (MATS > 3u) { d3 += kv_block(keys, c + 12u) * by_query; }
  }
  let base = dq_base(s);
  store_gradient(base, s.row, params.queries, params.q_row, c, d0 * params.scale);
  if (MATS > 1u) { store_gradient(base, s.row, params.queries, params.q_row, c + 4u, d1 * params.scale); }
  if (MATS > 2u) { store_gradient(base, s.row, params.queries, params.q_row, c + 8u, d2 * params.scale); }
  if (MATS > 3u) { store_gradient(base, s.row, params.queries, params.q_row, c + 12u, d3 * params.scale); }
}

// dK = dS^T Q / sqrt(head size) and dV = P^T dO: 4 keys, up to 16 columns of each.
@compute @workgroup_size(WORKGROUP)
fn d_keys_values(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let s = share_of(i, params.keys);
  let c = s.part * MATS * 4u;
  let key_base = k_base(s);
  let keys = k_rows(key_base, s.row);
  let to_value = params.v_column - params.k_column;
  let query_base = q_base(s);
  let gradient_base = o_base(s);
  var k0 = mat4x4f(); var k1 = mat4x4f(); var k2 = mat4x4f(); var k3 = mat4x4f();
  var v0 = mat4x4f(); var v1 = mat4x4f(); var v2 = mat4x4f(); var v3 = mat4x4f();
  for (var r = 0u; r < params.queries; r += 4u) {
    let queries = q_rows(query_base, r);
    let gradients = g_rows(gradient_base, r);
    let kept = kept_rows(s, r, params.queries);
    let pair = pair_of(queries, gradients, keys, keys + to_value);
    let p = scale_queries(probabilities(pair.scores, load_lse(kept)), live(r, params.queries));
    let ds = d_scores(p, pair.d_probabilities, load_delta(kept));
    k0 += q_block(queries, c) * ds;
    v0 += g_block(gradients, c) * p;
    if (MATS > 1u) { k1 += q_block(queries, c + 4u) * ds; v1 += g_block(gradients, c + 4u) * p; }
    if (MATS > 2u) { k2 += q_block(queries, c + 8u) * ds; v2 += g_block(gradients, c + 8u) * p; }
    if (MATS > 3u) { k3 += q_block(queries, c + 12u) * ds; v3 += g_block(gradients, c + 12u) * p; }
  }
  // The softmax over one key is 1 whatever the score: the gradient is zero, not the rounding of dP - delta.
  let scale = select(params.scale, 0.0, params.keys == 1u);
  let row = params.k_row;
  store_gradient(key_base, s.row, params.keys, row, c, k0 * scale);
  if (MATS > 1u) { store_gradient(key_base, s.row, params.keys, row, c + 4u, k1 * scale); }
  if (MATS > 2u) { store_gradient(key_base, s.row, params.keys, row, c + 8u, k2 * scale); }
  if (MATS > 3u) { store_gradient(key_base, s.row, params.keys, row, c + 12u, k3 * scale); }
  let value_base = key_base + to_value;
  store_gradient(value_base, s.row, params.keys, row, c, v0);
  if (MATS > 1u) { store_gradient(value_base, s.row, params.keys, row, c + 4u, v1); }
  if (MATS > 2u) { store_gradient(value_base, s.row, params.keys, row, c + 8u, v2); }
  if (MATS > 3u) { store_gradient(value_base, s.row, params.keys, row, c + 12u, v3); }
}
