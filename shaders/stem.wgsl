// The stem: a convolution along time to `features` channels, layer norm over them at each sample, GELU. Joined after
// stem_params, values_4, ieee, sigmoid, gelu and stem_aligned or stem_ragged.
//
// 4 taps of 4 features are a block `w`, one feature a column; the signal around 4 samples is a Hankel matrix h, symmetric;
// `h * w` is then 4 samples of 4 features, one feature a column, and the same holds for the gradient of the taps
// with samples and taps exchanged. One invocation takes 4 such blocks of samples, so that each `w` is read once for 16.

// Taps padded with zeros to whole quads: [features, tap_quads].
@group(0) @binding(2) var<storage, read> taps: array<vec4f>;
@group(0) @binding(3) var<storage, read> gamma: array<f32>;
@group(0) @binding(4) var<storage, read> beta: array<f32>;

fn hankel(a: vec4f, b: vec4f) -> mat4x4f {
  return mat4x4f(a, vec4f(a.yzw, b.x), vec4f(a.zw, b.xy), vec4f(a.w, b.xyz));
}

struct Quads { a: mat4x4f, b: mat4x4f, c: mat4x4f, d: mat4x4f }

struct Spots { a: Spot, b: Spot, c: Spot, d: Spot }

// Mean over some features at 4 samples, and the sum of squares around it.
struct Moments { mean: vec4f, spread: vec4f }

// Mean over all features at 4 samples, and 1 / sqrt(variance + eps).
struct Scale { mean: vec4f, inverse: vec4f }

struct Scales { a: Scale, b: Scale, c: Scale, d: Scale }

fn spots_of(row: u32, quad: u32) -> Spots {
  return Spots(spot_of(row, quad), spot_of(row, quad + 1u), spot_of(row, quad + 2u), spot_of(row, quad + 3u));
}

// Features f .. f+3 of the convolution at 16 samples.
fn convolve(row: u32, quad: u32, f: u32) -> Quads {
  var sum: Quads;
  let first = i32(quad) - i32(params.lead);
  var x0 = signal_quad(row, first);
  var x1 = signal_quad(row, first + 1);
  var x2 = signal_quad(row, first + 2);
  var x3 = signal_quad(row, first + 3);
  var at = f * params.tap_quads;
  for (var k = 0u; k < params.tap_quads; k++) {
    let x4 = signal_quad(row, first + 4 + i32(k));
    let w = mat4x4f(taps[at], taps[at + params.tap_quads], taps[at + 2u * params.tap_quads], taps[at + 3u * params.tap_quads]);
    sum.a += hankel(x0, x1) * w;
    sum.b += hankel(x1, x2) * w;
    sum.c += hankel(x2, x3) * w;
    sum.d += hankel(x3, x4) * w;
    x0 = x1;
    x1 = x2;
    x2 = x3;
    x3 = x4;
    at++;
  }
  return sum;
}

// Moments of `count` features joined with those of 4 more: no squares of large means are ever subtracted.
fn join(moments: Moments, count: f32, values: mat4x4f) -> Moments {
  let mean = (values[0] + values[1] + values[2] + values[3]) * 0.25;
  let d0 = values[0] - mean;
  let d1 = values[1] - mean;
  let d2 = values[2] - mean;
  let d3 = values[3] - mean;
  let apart = mean - moments.mean;
  let spread = d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
  return Moments(
    moments.mean + apart * (4.0 / (count + 4.0)),
    moments.spread + spread + apart * apart * (count * 4.0 / (count + 4.0)),
  );
}

fn scale_of(moments: Moments) -> Scale {
  let inverse = 1.0 / sqrt(moments.spread / f32(params.features) + params.eps);
  return Scale(moments.mean, nan_unless_finite(inverse, moments.spread));
}

fn store(spot: Spot, f: u32, values: mat4x4f) {
  set_work(spot, f, values[0]);
  set_work(spot, f + 1u, values[1]);
  set_work(spot, f + 2u, values[2]);
  set_work(spot, f + 3u, values[3]);
}

// Writes the convolution at 16 samples to `work`, and finds how to normalise it.
fn convolve_block(row: u32, quad: u32, spots: Spots) -> Scales {
  var a: Moments;
  var b: Moments;
  var c: Moments;
  var d: Moments;
  for (var f = 0u; f < params.features; f += 4u) {
    let values = convolve(row, quad, f);
    store(spots.a, f, values.a);
    store(spots.b, f, values.b);
    store(spots.c, f, values.c);
    store(spots.d, f, values.d);
    a = join(a, f32(f), values.a);
    b = join(b, f32(f), values.b);
    c = join(c, f32(f), values.c);
    d = join(d, f32(f), values.d);
  }
  return Scales(scale_of(a), scale_of(b), scale_of(c), scale_of(d));
}

fn activate(spot: Spot, scale: Scale, f: u32) {
  let normalised = (work_at(spot, f) - scale.mean) * scale.inverse;
  set_work(spot, f, gelu(normalised * gamma[f] + beta[f]));
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  let row = i / params.blocks;
  if (row >= params.rows) {
    return;
  }
  let quad = i % params.blocks * 4u;
  let spots = spots_of(row, quad);
  let scales = convolve_block(row, quad, spots);
  for (var f = 0u; f < params.features; f++) {
    activate(spots.a, scales.a, f);
    activate(spots.b, scales.b, f);
    activate(spots.c, scales.c, f);
    activate(spots.d, scales.d, f);
  }
}
