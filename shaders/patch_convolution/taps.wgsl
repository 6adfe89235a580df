// joins: lib/patch_convolution_params
// The two small kernels of the stem that take single values: its taps padded with zeros, and its gradient by the signal.

// 0 is in lib/patch_convolution_params.wgsl: params.
@group(0) @binding(1) var<storage, read> weight: array<f32>;
// pad_taps
@group(0) @binding(2) var<storage, read_write> padded_taps: array<f32>;
// signal_gradient; hidden_values is dc, the gradient by the convolution's output
@group(0) @binding(2) var<storage, read> hidden_values: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

// Taps with zeros around them, so that they are whole blocks of four with the centre at a multiple of 4.
@compute @workgroup_size(WORKGROUP)
fn pad_taps(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  let padded = params.tap_blocks * 4u;
  if (i >= params.features * padded) {
    return;
  }
  let tap = i % padded;
  let real = tap >= params.shift && tap - params.shift < params.taps;
  let at = i / padded * params.taps + select(0u, tap - params.shift, real);
  padded_taps[i] = select(0.0, weight[at], real);
}

// dx[t] = sum over features f and taps k of w[f, k] dc[f, t - k + r], r = (taps - 1) / 2: one sample an invocation.
@compute @workgroup_size(WORKGROUP)
fn signal_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.rows * params.samples) {
    return;
  }
  let row = i / params.samples;
  let half = i32(params.taps / 2u);
  let patches = params.samples / params.patch_size;
  var sum = 0.0;
  for (var tap = 0u; tap < params.taps; tap++) {
    let t = i32(i % params.samples) + half - i32(tap);
    if (t < 0 || t >= i32(params.samples)) {
      continue;
    }
    let patch_index = u32(t) / params.patch_size;
    var at = (row * patches + patch_index) * params.features * params.patch_size + u32(t) % params.patch_size;
    for (var f = 0u; f < params.features; f++) {
      sum += hidden_values[at] * weight[f * params.taps + tap];
      at += params.patch_size;
    }
  }
  dx[i] = sum;
}
