// joins: nothing
// Dynamic loss scale: the factor that the loss is multiplied by before its gradient is taken, so that small gradients
// survive being stored as f16. It halves after a step whose gradients were not finite and doubles after `interval` finite
// ones; by 2 only, so that dividing by it is exact. Micikevicius et al. 2018, arXiv:1710.03740.

struct Params {
  interval: f32,  // finite steps after which it doubles
  least: f32,
  most: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
// unscale; the state is the scale, and how many updates since it last changed had finite gradients
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read> hyperparameters: array<f32>;
@group(0) @binding(3) var<storage, read_write> unscaled: array<f32>;
// adjust. As bits: a compiler may assume that no float is infinite or NaN.
@group(0) @binding(1) var<storage, read> norm_bits: array<u32>;
@group(0) @binding(2) var<storage, read_write> kept: array<f32>;

// The hyperparameters of AdamW, with the scale of the gradients divided by that of the loss.
@compute @workgroup_size(1)
fn unscale() {
  unscaled[0] = hyperparameters[0];
  unscaled[1] = hyperparameters[1];
  unscaled[2] = hyperparameters[2];
  unscaled[3] = hyperparameters[3] / state[0];
}

@compute @workgroup_size(1)
fn adjust() {
  if ((norm_bits[0] & 0x7f800000u) == 0x7f800000u) {
    kept[0] = max(kept[0] * 0.5, params.least);
    kept[1] = 0.0;
  } else if (kept[1] + 1.0 >= params.interval) {
    kept[0] = min(kept[0] * 2.0, params.most);
    kept[1] = 0.0;
  } else {
    kept[1] += 1.0;
  }
}
