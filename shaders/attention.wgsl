// Attention, self and cross: softmax(q k^T / sqrt(head size)) v. No score leaves an invocation: forward keeps the
// log-sum-exp of each query, backward recomputes from it.

@group(0) @binding(4) var<storage, read_write> lse_out: array<f32>;

fn o_base(s: Share) -> u32 {
  return (s.sequence * params.queries * params.heads + s.head) * params.head_size;
}

// 4 queries, the columns of a part; the softmax runs along (one pass over the keys).
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
  let key_base = k_base(s);
  let to_value = params.v_column - params.k_column;
  var out = Strip();
  var largest = vec4f(-3.0e38);
  var total = vec4f(0.0);
  for (var j = 0u; j < params.keys; j += 4u) {
    let keys = k_rows(key_base, j);
    let raw = scores_of_queries(own, queries, keys);
    let now = larger(largest, raw);
    let keep = exp_below(largest, now);
    let p = scale_columns(probabilities(raw, now), live(j, params.keys));
    total = total * keep + (p[0] + p[1]) + (p[2] + p[3]);
    largest = now;
    scale_rows(&out, keep);
    add(&out, kv_strip(keys + to_value, c), transpose(p));
  }
  scale_rows(&out, 1.0 / total);
  let base = o_base(s);
  for (var n = 0u; n < MATS; n++) {
    let block = block_of(out, n);
    for (var r = 0u; r < min(4u, params.queries - s.row); r++) {
      store_o(base + (s.row + r) * params.heads * params.head_size, c + 4u * n, block[r]);
    }
  }
  if (s.part == 0u) {
    let lse = largest + log(total);
    let at = kept_rows(s, s.row, params.queries);
    for (var n = 0u; n < min(4u, params.queries - s.row); n++) {
      lse_out[at.x + n] = lse[n];
    }
  }
}

// delta = sum over a head's columns of dO * O: what the softmax's derivative takes off every probability's gradient.
@group(0) @binding(1) var<storage, read> output: array<Stored>;
@group(0) @binding(2) var<storage, read> d_output: array<Stored>;
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
    total += f32(output[base + c]) * f32(d_output[base + c]);
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

// dQ = dS K / sqrt(head size): 4 queries, the columns of a part.
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
  let own_q = own_queries(queries);
  var own_g = Strip();
  if (WHOLE) { own_g = g_strip(gradients, 0u); }
  let kept = kept_rows(s, s.row, params.queries);
  let lse4 = load_lse(kept);
  let delta4 = load_delta(kept);
  let key_base = k_base(s);
  let to_value = params.v_column - params.k_column;
  var dq = Strip();
  for (var j = 0u; j < params.keys; j += 4u) {
    let keys = k_rows(key_base, j);
    let key = kv_strip(keys, c);
    var pair: Pair;
    if (WHOLE) {
      pair = Pair(dots(own_q, key) * params.scale, dots(own_g, kv_strip(keys + to_value, 0u)));
    } else {
      pair = pair_of(queries, gradients, keys, keys + to_value);
    }
    let p = scale_columns(probabilities(pair.scores, lse4), live(j, params.keys));
    add(&dq, key, transpose(d_scores(p, pair.d_probabilities, delta4)));
  }
  scale_rows(&dq, vec4f(params.scale));
  store_gradient(dq_base(s), s.row, params.queries, params.q_row, c, dq);
}

// dK = dS^T Q / sqrt(head size) and dV = P^T dO: 4 keys, the columns of a part of each.
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
  let own_k = own_keys(keys);
  let own_v = own_keys(keys + to_value);
  let query_base = q_base(s);
  let gradient_base = o_base(s);
  var dk = Strip();
  var dv = Strip();
  for (var r = 0u; r < params.queries; r += 4u) {
    let queries = q_rows(query_base, r);
    let gradients = g_rows(gradient_base, r);
    let query = q_strip(queries, c);
    let gradient = g_strip(gradients, c);
    var pair: Pair;
    if (WHOLE) {
      pair = Pair(dots(query, own_k) * params.scale, dots(gradient, own_v));
    } else {
      pair = pair_of(queries, gradients, keys, keys + to_value);
    }
    let kept = kept_rows(s, r, params.queries);
    let p = scale_each_row(probabilities(pair.scores, load_lse(kept)), live(r, params.queries));
    add(&dk, query, d_scores(p, pair.d_probabilities, load_delta(kept)));
    add(&dv, gradient, p);
  }
  // The softmax over one key is 1 whatever the score: the gradient is zero, not the rounding of dP - delta.
  scale_rows(&dk, vec4f(select(params.scale, 0.0, params.keys == 1u)));
  store_gradient(key_base, s.row, params.keys, params.k_row, c, dk);
  store_gradient(key_base + to_value, s.row, params.keys, params.k_row, c, dv);
}
