// joins: lib/stored_{f32,f16}, lib/result_f32, lib/values_4, lib/ieee, lib/attention_{vectors,scalars}, lib/attention_blocks
// Attention of a head, self and cross, forward and backward. With M queries, N keys and h columns:
//
//   S = Q K^T / sqrt(h)      P = softmax of each row of S      O = P V
//
// No score leaves an invocation: forward keeps L, the log-sum-exp of each row of S, and backward recomputes
// P = exp(S - L). The gradients, from dO:
//
//   dV = P^T dO              dP = dO V^T                       delta = rowsum(dO * O) = rowsum(P * dP)
//   dS = P * (dP - delta)    dQ = dS K / sqrt(h)               dK = dS^T Q / sqrt(h)
//
// Online softmax: Milakov and Gimelshein 2018, arXiv:1805.02867. Without a matrix of scores in memory, forward and
// backward, with delta: FlashAttention, Dao et al. 2022, arXiv:2205.14135. Parallel along the sequence: FlashAttention-2, Dao
// 2023, arXiv:2307.08691; dQ is a kernel over queries, dK and dV are one over keys, so that nothing is added by atomics.

// Bindings, those of lib/attention_{vectors,scalars}.wgsl among them:
//
//                  1   2    3   4         5          6    7
//   attend         q   kv   o   lse_out
//   d_queries      q   kv   g   lse       attended   dx   delta_out
//   d_keys_values  q   kv   g   lse       delta      dx
@group(0) @binding(4) var<storage, read_write> lse_out: array<f32>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> delta: array<f32>;
@group(0) @binding(7) var<storage, read_write> delta_out: array<f32>;

fn o_base(s: Share) -> u32 {
  return (s.sequence * params.queries * params.heads + s.head) * params.head_size;
}

// How far above the reference of its exponentials a score may be before the sums are rescaled: exp(8) is harmless.
const SLACK = 8.0;

// Online softmax, one block of 4 keys more for 4 queries. With m the reference (`largest`), l the sum of exponentials
// (`total`) and O not yet divided by l, a score above m + SLACK raises the reference to m':
//
//   l <- l exp(m - m') + sum exp(S - m')      O <- O exp(m - m') + exp(S - m') V
fn attend_to(
  out: ptr<function, Strip>,
  largest: ptr<function, vec4f>,
  total: ptr<function, vec4f>,
  raw: mat4x4f,
  values: Strip,
  alive: vec4f,
) {
  let above = largest_of(raw);
  // At most once, and seldom: a loop, since processors compute the inside of an `if` whether it is taken or not.
  while (any(above > *largest + SLACK)) {
    let now = larger(*largest, above);
    let keep = exp(max(*largest - now, vec4f(-80.0)));
    *total *= keep;
    scale_rows(out, keep);
    *largest = now;
  }
  let p = scale_columns(probabilities(raw, *largest), alive);
  *total += (p[0] + p[1]) + (p[2] + p[3]);
  add(out, values, transpose(p));
}

fn store_attended(s: Share, row: u32, c: u32, sums: Strip, largest: vec4f, total: vec4f) {
  if (row >= params.queries) {
    return;
  }
  var out = sums;
  let sum = settled(total);
  scale_rows(&out, 1.0 / sum);
  let base = o_base(s);
  let rows = min(4u, params.queries - row);
  for (var n = 0u; n < MATS; n++) {
    let block = block_of(out, n);
    for (var r = 0u; r < rows; r++) {
      store_o(base + (row + r) * params.heads * params.head_size, c + 4u * n, block[r]);
    }
  }
  if (s.part == 0u) {
    let lse = nan_with(largest + log(sum), sum);
    let at = kept_rows(s, row, params.queries);
    for (var r = 0u; r < rows; r++) {
      lse_out[at.x + r] = lse[r];
    }
  }
}

// O and L of 4 queries (8 where PAIR), the columns of a part, in one pass over the keys.
@compute @workgroup_size(WORKGROUP)
fn attend(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let s = share_of(i, params.queries);
  let c = s.part * MATS * 4u;
  let queries = q_rows(q_base(s), s.row);
  let own = own_queries(queries);
  var out = Strip();
  var largest = vec4f(-3.0e38);
  var total = vec4f(0.0);
  var own_2 = Strip();
  var out_2 = Strip();
  var largest_2 = vec4f(-3.0e38);
  var total_2 = vec4f(0.0);
  if (PAIR) { own_2 = own_queries(q_rows(q_base(s), s.row + 4u)); }
  let key_base = k_base(s);
  let to_value = params.v_column - params.k_column;
  for (var j = 0u; j < params.keys; j += 4u) {
    let keys = k_rows(key_base, j);
    let values = kv_strip(keys + to_value, c);
    let alive = live(j, params.keys);
    if (WHOLE) {
      let key = kv_strip(keys, 0u);
      attend_to(&out, &largest, &total, scores_of(own, key), values, alive);
      if (PAIR) { attend_to(&out_2, &largest_2, &total_2, scores_of(own_2, key), values, alive); }
    } else {
      attend_to(&out, &largest, &total, scores(queries, keys), values, alive);
    }
  }
  store_attended(s, s.row, c, out, largest, total);
  if (PAIR) { store_attended(s, s.row + 4u, c, out_2, largest_2, total_2); }
}

fn g_rows(base: u32, i: u32) -> vec4u {
  return base + min(i + LANES, vec4u(params.queries - 1u)) * params.heads * params.head_size;
}

fn load_lse(at: vec4u) -> vec4f {
  return vec4f(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
}

fn load_delta(at: vec4u) -> vec4f {
  return vec4f(delta[at.x], delta[at.y], delta[at.z], delta[at.w]);
}

// S and dP of one block: both are dot products over the head, in one loop.
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

// dS = P * (dP - delta)
fn d_scores(p: mat4x4f, dp: mat4x4f, delta4: vec4f) -> mat4x4f {
  return mat4x4f(p[0] * (dp[0] - delta4), p[1] * (dp[1] - delta4), p[2] * (dp[2] - delta4), p[3] * (dp[3] - delta4));
}

// delta = rowsum(dO * O) over a head's columns: what the softmax's derivative subtracts from every element of dP.
fn delta_of(s: Share, row: u32, gradients: vec4u) -> vec4f {
  var total = vec4f(0.0);
  for (var c = 0u; c < params.head_size; c += 4u) {
    let g4 = g_block(gradients, c);
    let o4 = attended_block(gradients, c);
    total += vec4f(dot(g4[0], o4[0]), dot(g4[1], o4[1]), dot(g4[2], o4[2]), dot(g4[3], o4[3]));
  }
  if (s.part == 0u) {
    let at = kept_rows(s, row, params.queries);
    for (var r = 0u; r + row < min(row + 4u, params.queries); r++) {
      delta_out[at.x + r] = total[r];
    }
  }
  return total;
}

// dQ += dS K, for 4 queries and 4 keys.
fn add_keys(dq: ptr<function, Strip>, pair: Pair, key: Strip, lse4: vec4f, delta4: vec4f, alive: vec4f) {
  let p = scale_columns(probabilities(pair.scores, lse4), alive);
  add(dq, key, transpose(d_scores(p, pair.d_probabilities, delta4)));
}

// dQ = dS K / sqrt(head size), and the deltas: 4 queries (8 where PAIR), the columns of a part.
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
  let own = own_queries(queries);
  var own_g = Strip();
  if (WHOLE) { own_g = g_strip(gradients, 0u); }
  let lse4 = load_lse(kept_rows(s, s.row, params.queries));
  let delta4 = delta_of(s, s.row, gradients);
  var dq = Strip();
  var own_2 = Strip();
  var own_g_2 = Strip();
  var lse4_2 = vec4f();
  var delta4_2 = vec4f();
  var dq_2 = Strip();
  if (PAIR) {
    let gradients_2 = g_rows(o_base(s), s.row + 4u);
    own_2 = own_queries(q_rows(q_base(s), s.row + 4u));
    own_g_2 = g_strip(gradients_2, 0u);
    lse4_2 = load_lse(kept_rows(s, s.row + 4u, params.queries));
    delta4_2 = delta_of(s, s.row + 4u, gradients_2);
  }
  let key_base = k_base(s);
  let to_value = params.v_column - params.k_column;
  for (var j = 0u; j < params.keys; j += 4u) {
    let keys = k_rows(key_base, j);
    let key = kv_strip(keys, c);
    let alive = live(j, params.keys);
    if (WHOLE) {
      let value = kv_strip(keys + to_value, 0u);
      add_keys(&dq, Pair(scores_of(own, key), dots(own_g, value)), key, lse4, delta4, alive);
      if (PAIR) { add_keys(&dq_2, Pair(scores_of(own_2, key), dots(own_g_2, value)), key, lse4_2, delta4_2, alive); }
    } else {
      add_keys(&dq, pair_of(queries, gradients, keys, keys + to_value), key, lse4, delta4, alive);
    }
  }
  scale_rows(&dq, vec4f(params.scale));
  store_gradient(dq_base(s), s.row, params.queries, params.q_row, c, dq);
  if (PAIR) {
    scale_rows(&dq_2, vec4f(params.scale));
    store_gradient(dq_base(s), s.row + 4u, params.queries, params.q_row, c, dq_2);
  }
}

// dK += dS^T Q and dV += P^T dO, for 4 keys and 4 queries; lse, delta and alive are the queries'.
fn add_queries(
  dk: ptr<function, Strip>,
  dv: ptr<function, Strip>,
  pair: Pair,
  query: Strip,
  gradient: Strip,
  lse4: vec4f,
  delta4: vec4f,
  alive: vec4f,
) {
  let p = scale_each_row(probabilities(pair.scores, lse4), alive);
  add(dk, query, d_scores(p, pair.d_probabilities, delta4));
  add(dv, gradient, p);
}

fn store_keys(base: u32, row: u32, c: u32, sums: Strip, dv: Strip) {
  var dk = sums;
  scale_rows(&dk, vec4f(params.scale));
  // The softmax over one key is 1 whatever the score: the gradient is zero, not the rounding of dP - delta.
  if (params.keys == 1u) { dk = Strip(); }
  store_gradient(base, row, params.keys, params.k_row, c, dk);
  store_gradient(base + params.v_column - params.k_column, row, params.keys, params.k_row, c, dv);
}

// dK = dS^T Q / sqrt(head size) and dV = P^T dO: 4 keys (8 where PAIR), the columns of a part of each.
@compute @workgroup_size(WORKGROUP)
fn d_keys_values(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = invocation(id, groups);
  if (i >= params.end) {
    return;
  }
  let s = share_of(i, params.keys);
  let c = s.part * MATS * 4u;
  let key_base = k_base(s);
  let to_value = params.v_column - params.k_column;
  let keys = k_rows(key_base, s.row);
  let own = own_keys(keys);
  let own_v = own_keys(keys + to_value);
  var dk = Strip();
  var dv = Strip();
  var own_2 = Strip();
  var own_v_2 = Strip();
  var dk_2 = Strip();
  var dv_2 = Strip();
  if (PAIR) {
    let keys_2 = k_rows(key_base, s.row + 4u);
    own_2 = own_keys(keys_2);
    own_v_2 = own_keys(keys_2 + to_value);
  }
  let query_base = q_base(s);
  let gradient_base = o_base(s);
  for (var r = 0u; r < params.queries; r += 4u) {
    let queries = q_rows(query_base, r);
    let gradients = g_rows(gradient_base, r);
    let query = q_strip(queries, c);
    let gradient = g_strip(gradients, c);
    let kept = kept_rows(s, r, params.queries);
    let lse4 = load_lse(kept);
    let delta4 = load_delta(kept);
    let alive = nan_with(live(r, params.queries), lse4);
    if (WHOLE) {
      add_queries(&dk, &dv, Pair(scores_of(query, own), dots(gradient, own_v)), query, gradient, lse4, delta4, alive);
      if (PAIR) {
        let pair = Pair(scores_of(query, own_2), dots(gradient, own_v_2));
        add_queries(&dk_2, &dv_2, pair, query, gradient, lse4, delta4, alive);
      }
    } else {
      let pair = pair_of(queries, gradients, keys, keys + to_value);
      add_queries(&dk, &dv, pair, query, gradient, lse4, delta4, alive);
    }
  }
  store_keys(key_base, s.row, c, dk, dv);
  if (PAIR) { store_keys(key_base, s.row + 4u, c, dk_2, dv_2); }
}
