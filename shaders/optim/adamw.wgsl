// joins: lib/result_{f32,f16}
// One step of AdamW over a whole arena, in place, with the gradient clipped to a global norm on the way:
//
//   g <- g scale min(1, max_norm / (norm + 1e-6))
//   m <- beta1 m + (1 - beta1) g      v <- beta2 v + (1 - beta2) g^2
//   w <- w - ( lr decay w + lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps) )
//
// Loshchilov and Hutter 2019, arXiv:1711.05101; moments and their correction: Kingma and Ba 2015, arXiv:1412.6980;
// clipping by the norm: Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063.

struct Params {
  // Vectors of four.
  size: u32,
  beta1: f32,
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
  eps: f32,
  // 0 for no clipping.
  max_norm: f32,
}

override WORKGROUP: u32 = 64;
// Vectors that one invocation updates.
override ROUNDS: u32 = 16;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
// As bits: a compiler may assume that no float is infinite or NaN.
@group(0) @binding(2) var<storage, read> norm_bits: array<u32>;
// lr / (1 - beta1^t), sqrt(1 - beta2^t), lr * weight decay, scale of the gradients.
@group(0) @binding(3) var<storage, read> hyperparameters: array<f32>;
@group(0) @binding(4) var<storage, read_write> values: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> first_moments: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> second_moments: array<vec4f>;
// adamw_with_copy
@group(0) @binding(7) var<storage, read_write> copies: array<Result4>;

// A gradient that is not finite would be in the weights and the moments for ever.
fn is_finite() -> bool {
  return (norm_bits[0] & 0x7f800000u) != 0x7f800000u;
}

struct Rates { factor: f32, step: f32, correction: f32, decay: f32 }

fn rates() -> Rates {
  var factor = hyperparameters[3];
  if (params.max_norm > 0.0) {
    factor *= min(1.0, params.max_norm / (bitcast<f32>(norm_bits[0]) + 1e-6));
  }
  return Rates(factor, hyperparameters[0], hyperparameters[1], hyperparameters[2]);
}

// Vector i of the arena; whether anything was written.
fn update(i: u32, rates: Rates) -> bool {
  let g = gradients[i] * rates.factor;
  let m_before = first_moments[i];
  let v_before = second_moments[i];
  let w = values[i];
  // Nothing to do, and nothing to write, in most of a position table, of which a batch reaches a corner.
  // By the bits, -0 aside: what is NaN is busy, which a comparison of floats need not say.
  let bits = bitcast<vec4u>(g) | bitcast<vec4u>(m_before) | bitcast<vec4u>(v_before) | bitcast<vec4u>(w);
  let busy = any((bits & vec4u(0x7fffffffu)) != vec4u(0u));
  if (busy) {
    let m = params.beta1 * m_before + params.one_minus_beta1 * g;
    let v = params.beta2 * v_before + params.one_minus_beta2 * g * g;
    first_moments[i] = m;
    second_moments[i] = v;
    // Decay and update are taken from the weight together: 1 - lr * decay would lose digits of a small decay.
    values[i] = w - (rates.decay * w + rates.step * m / (sqrt(v) / rates.correction + params.eps));
  }
  return busy;
}

// A workgroup takes one contiguous run, its invocations side by side.
fn first_of(group: vec3u, groups: vec3u, local: vec3u) -> u32 {
  return (group.y * groups.x + group.x) * WORKGROUP * ROUNDS + local.x;
}

@compute @workgroup_size(WORKGROUP)
fn adamw(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  if (!is_finite()) {
    return;
  }
  let scales = rates();
  let first = first_of(group, groups, local);
  for (var i = first; i < min(first + WORKGROUP * ROUNDS, params.size); i += WORKGROUP) {
    update(i, scales);
  }
}

// The same, for weights that are kept in a second element type besides.
@compute @workgroup_size(WORKGROUP)
fn adamw_with_copy(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  if (!is_finite()) {
    return;
  }
  let scales = rates();
  let first = first_of(group, groups, local);
  for (var i = first; i < min(first + WORKGROUP * ROUNDS, params.size); i += WORKGROUP) {
    if (update(i, scales)) {
      copies[i] = Result4(values[i]);
    }
  }
}
