// joins: lib/stored_{f32,f16}, lib/result_f32, lib/values_4, lib/ieee, lib/attention_{vectors,scalars}, lib/attention_blocks
// Attention pooling: the mean over the M queries of an attention's output, forward and backward. The mean commutes with
// the product by V, so the probabilities are pooled first and one row of values is weighed instead of M:
//
//   S = Q K^T / sqrt(h)      P = softmax of each row of S = exp(S - L)
//   p_j = 1/M sum_i P_ij     o = 1/M sum_i sum_j P_ij v_j = sum_j p_j v_j
//
// Kept for backward: L, the log-sum-exp of each query, and p. The gradients, from do (one row):
//
//   dv_j = p_j do            dp_j = do . v_j                   delta_i = sum_j P_ij dp_j
//   dS_ij = 1/M P_ij (dp_j - delta_i)
//   dq_i = sum_j dS_ij k_j / sqrt(h)                           dk_j = sum_i dS_ij q_i / sqrt(h)
//
// The derivation is in docs/kernels.md; online softmax: Milakov and Gimelshein 2018, arXiv:1805.02867.

// Bindings, those of lib/attention_{vectors,scalars}.wgsl among them:
//
//                       1           2    3         4            5              6
//   normalize           q           kv   lse_out
//   pool_probabilities  q           kv   lse       pooled_out
//   weigh_values        pooled_in   kv   o
//   d_values            q           kv   g         pooled       d_pooled_out   dx
//   d_queries           q           kv   lse       d_pooled     delta_out      dx
//   d_keys              q           kv   lse       d_pooled     delta          dx
@group(0) @binding(1) var<storage, read> pooled_in: array<f32>;
@group(0) @binding(3) var<storage, read_write> lse_out: array<f32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read_write> pooled_out: array<f32>;
@group(0) @binding(4) var<storage, read> pooled: array<f32>;
@group(0) @binding(4) var<storage, read> d_pooled: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_pooled_out: array<f32>;
@group(0) @binding(5) var<storage, read_write> delta_out: array<f32>;
@group(0) @binding(5) var<storage, read> delta: array<f32>;

// L of 4 queries, by online softmax.
@compute @workgroup_size(WORKGROUP)
fn normalize(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let s = share_of(i, params.queries);
  let queries = q_rows(q_base(s), s.row);
  let key_base = k_base(s);
  let own = own_queries(queries);
  var largest = vec4f(-3.0e38);
  var total = vec4f(0.0);
  for (var j = 0u; j < params.keys; j += 4u) {
    let raw = scores_of_queries(own, queries, k_rows(key_base, j));
    let now = larger(largest, largest_of(raw));
    // Sum over the keys that exist: one key a column.
    total = total * exp(max(largest - now, vec4f(-80.0))) + probabilities(raw, now) * live(j, params.keys);
    largest = now;
  }
  let sum = settled(total);
  let lse = nan_with(largest + log(sum), sum);
  let at = kept_rows(s, s.row, params.queries);
  for (var n = 0u; n < min(4u, params.queries - s.row); n++) {
    lse_out[at.x + n] = lse[n];
  }
}

fn load_lse(at: vec4u) -> vec4f {
  return vec4f(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
}

// p of 4 keys: the mean over the queries of their probabilities.
@compute @workgroup_size(WORKGROUP)
fn pool_probabilities(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let s = share_of(i, params.keys);
  let keys = k_rows(k_base(s), s.row);
  let own = own_keys(keys);
  let query_base = q_base(s);
  var total = vec4f(0.0);
  for (var r = 0u; r < params.queries; r += 4u) {
    let lse4 = load_lse(kept_rows(s, r, params.queries));
    // Sum over the queries that exist: one query a row.
    total += nan_with(live(r, params.queries), lse4) * probabilities(scores_of_keys(own, q_rows(query_base, r), keys), lse4);
  }
  let mean = total / f32(params.queries);
  let at = kept_rows(s, s.row, params.keys);
  for (var n = 0u; n < min(4u, params.keys - s.row); n++) {
    pooled_out[at.x + n] = mean[n];
  }
}

// o = sum_j p_j v_j: 4 columns of the one row that a sequence's head gives.
@compute @workgroup_size(WORKGROUP)
fn weigh_values(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let vectors = (params.head_size + 3u) / 4u;
  let c = i % vectors * 4u;
  let s = Share(i / vectors / params.heads, i / vectors % params.heads, 0u, 0u);
  let base = k_base(s) + params.v_column - params.k_column;
  let kept = (s.sequence * params.heads + s.head) * params.keys;
  var total = vec4f(0.0);
  for (var j = 0u; j < params.keys; j++) {
    total += pooled_in[kept + j] * load_kv(base + j * params.k_row, c);
  }
  store_o(g_base(s), c, total);
}

// Output and its gradient: one row of all heads a sequence.
fn g_base(s: Share) -> u32 {
  return (s.sequence * params.heads + s.head) * params.head_size;
}

// dp_j = do . v_j and dv_j = p_j do, of 4 keys.
@compute @workgroup_size(WORKGROUP)
fn d_values(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let s = share_of(i, params.keys);
  let value_base = k_base(s) + params.v_column - params.k_column;
  let values = k_rows(value_base, s.row);
  let gradient = g_base(s);
  let at = kept_rows(s, s.row, params.keys);
  let p = vec4f(pooled[at.x], pooled[at.y], pooled[at.z], pooled[at.w]);
  var d = vec4f(0.0);
  for (var c = 0u; c < params.head_size; c += 4u) {
    let g4 = load_g(gradient, c);
    d += g4 * kv_block(values, c);
    for (var r = 0u; r < min(4u, params.keys - s.row); r++) {
      store_dx(value_base + (s.row + r) * params.k_row, c, p[r] * g4);
    }
  }
  for (var n = 0u; n < min(4u, params.keys - s.row); n++) {
    d_pooled_out[at.x + n] = d[n];
  }
}

fn load_d_pooled(at: vec4u) -> vec4f {
  return vec4f(d_pooled[at.x], d_pooled[at.y], d_pooled[at.z], d_pooled[at.w]);
}

fn load_delta(at: vec4u) -> vec4f {
  return vec4f(delta[at.x], delta[at.y], delta[at.z], delta[at.w]);
}

// M dS_ij = P_ij (dp_j - delta_i): dp_j is the same for every query of the mean.
fn d_scores(p: mat4x4f, d: vec4f, delta4: vec4f) -> mat4x4f {
  return mat4x4f(p[0] * (d.x - delta4), p[1] * (d.y - delta4), p[2] * (d.z - delta4), p[3] * (d.w - delta4));
}

// delta_i = sum_j P_ij dp_j and dq_i = sum_j dS_ij k_j / sqrt(h), of 4 queries, the columns of a part.
@compute @workgroup_size(WORKGROUP)
fn d_queries(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let s = share_of(i, params.queries);
  let c = s.part * MATS * 4u;
  let queries = q_rows(q_base(s), s.row);
  let own = own_queries(queries);
  let key_base = k_base(s);
  let kept = kept_rows(s, s.row, params.queries);
  let lse4 = load_lse(kept);
  var delta4 = vec4f(0.0);
  for (var j = 0u; j < params.keys; j += 4u) {
    let d = load_d_pooled(kept_rows(s, j, params.keys)) * live(j, params.keys);
    delta4 += probabilities(scores_of_queries(own, queries, k_rows(key_base, j)), lse4) * d;
  }
  delta4 = nan_with(delta4, lse4);
  if (s.part == 0u) {
    for (var n = 0u; n < min(4u, params.queries - s.row); n++) {
      delta_out[kept.x + n] = delta4[n];
    }
  }
  var dq = Strip();
  for (var j = 0u; j < params.keys; j += 4u) {
    let keys = k_rows(key_base, j);
    let key = kv_strip(keys, c);
    var raw: mat4x4f;
    if (WHOLE) { raw = scores_of(own, key); } else { raw = scores(queries, keys); }
    let p = scale_columns(probabilities(raw, lse4), live(j, params.keys));
    add(&dq, key, transpose(d_scores(p, load_d_pooled(kept_rows(s, j, params.keys)), delta4)));
  }
  scale_rows(&dq, vec4f(params.scale / f32(params.queries)));
  store_gradient(dq_base(s), s.row, params.queries, params.q_row, c, dq);
}

// dk_j = sum_i dS_ij q_i / sqrt(h), of 4 keys, the columns of a part.
@compute @workgroup_size(WORKGROUP)
fn d_keys(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let s = share_of(i, params.keys);
  let c = s.part * MATS * 4u;
  let key_base = k_base(s);
  let keys = k_rows(key_base, s.row);
  let own = own_keys(keys);
  let query_base = q_base(s);
  let d = load_d_pooled(kept_rows(s, s.row, params.keys));
  var dk = Strip();
  for (var r = 0u; r < params.queries; r += 4u) {
    let queries = q_rows(query_base, r);
    let query = q_strip(queries, c);
    var raw: mat4x4f;
    if (WHOLE) { raw = scores_of(query, own); } else { raw = scores(queries, keys); }
    let kept = kept_rows(s, r, params.queries);
    let lse4 = load_lse(kept);
    let p = scale_each_row(probabilities(raw, lse4), nan_with(live(r, params.queries), lse4));
    add(&dk, query, d_scores(p, d, load_delta(kept)));
  }
  scale_rows(&dk, vec4f(params.scale / f32(params.queries)));
  store_gradient(key_base, s.row, params.keys, params.k_row, c, dk);
}
