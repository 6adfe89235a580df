// Gradients of the stem. Joined after stem.wgsl; the convolution is computed again from the signal rather than kept.

@group(0) @binding(7) var<storage, read_write> gamma_partial: array<f32>;
@group(0) @binding(8) var<storage, read_write> beta_partial: array<f32>;

// At 4 samples of a feature: the normalised convolution, and the gradient by the argument of GELU.
struct Inner { normalised: vec4f, grad: vec4f }

fn inner_of(spot: Spot, scale: Scale, f: u32) -> Inner {
  let normalised = (work_at(spot, f) - scale.mean) * scale.inverse;
  return Inner(normalised, grad_at(spot, f) * gelu_derivative(normalised * gamma[f] + beta[f]));
}

// Sums over the features of the gradient by the normalised value, and of its product with that value.
struct Sums { plain: vec4f, along: vec4f }

fn add_to(sums: Sums, inner: Inner, factor: f32) -> Sums {
  let g = inner.grad * factor;
  return Sums(sums.plain + g, sums.along + g * inner.normalised);
}

fn differentiate(spot: Spot, scale: Scale, sums: Sums, f: u32) {
  let inner = inner_of(spot, scale, f);
  let share = 1.0 / f32(params.features);
  let g = inner.grad * gamma[f] - share * (sums.plain + inner.normalised * sums.along);
  set_work(spot, f, scale.inverse * g);
}

// Gradient by the convolution's output, to `work`, and partial sums of those by gamma and beta.
@compute @workgroup_size(WORKGROUP)
fn hidden_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  let row = i / params.blocks;
  if (row >= params.rows) {
    return;
  }
  let quad = i % params.blocks * 4u;
  let spots = spots_of(row, quad);
  let scales = convolve_block(row, quad, spots);
  var sums_a: Sums;
  var sums_b: Sums;
  var sums_c: Sums;
  var sums_d: Sums;
  for (var f = 0u; f < params.features; f++) {
    let a = inner_of(spots.a, scales.a, f);
    let b = inner_of(spots.b, scales.b, f);
    let c = inner_of(spots.c, scales.c, f);
    let d = inner_of(spots.d, scales.d, f);
    sums_a = add_to(sums_a, a, gamma[f]);
    sums_b = add_to(sums_b, b, gamma[f]);
    sums_c = add_to(sums_c, c, gamma[f]);
    sums_d = add_to(sums_d, d, gamma[f]);
    let by_gamma = a.grad * a.normalised + b.grad * b.normalised + c.grad * c.normalised + d.grad * d.normalised;
    gamma_partial[i * params.features + f] = total(by_gamma);
    beta_partial[i * params.features + f] = total(a.grad + b.grad + c.grad + d.grad);
  }
  for (var f = 0u; f < params.features; f++) {
    differentiate(spots.a, scales.a, sums_a, f);
    differentiate(spots.b, scales.b, sums_b, f);
    differentiate(spots.c, scales.c, sums_c, f);
    differentiate(spots.d, scales.d, sums_d, f);
  }
}

@group(0) @binding(3) var<storage, read_write> weight_partial: array<f32>;

// 4 padded taps of one feature, those that are real ones.
fn store_taps(chunk: u32, feature: u32, padded: u32, values: vec4f) {
  for (var j = 0u; j < 4u; j++) {
    let tap = padded + j;
    if (tap >= params.shift && tap - params.shift < params.taps) {
      weight_partial[(chunk * params.features + feature) * params.taps + tap - params.shift] = values[j];
    }
  }
}

fn store_block(chunk: u32, feature: u32, padded: u32, values: mat4x4f) {
  store_taps(chunk, feature, padded, values[0]);
  store_taps(chunk, feature + 1u, padded, values[1]);
  store_taps(chunk, feature + 2u, padded, values[2]);
  store_taps(chunk, feature + 3u, padded, values[3]);
}

// 28 taps an invocation, all that a kernel of 25 has, rather than 16. Reading sample by sample that is more code than
// some compilers can take.
override WIDE: bool = false;

// One chunk of quads of samples, 4 features and 16 or 28 taps: [chunks, features, taps].
@compute @workgroup_size(WORKGROUP)
fn weight_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  let feature_groups = params.features / 4u;
  let tap_quads = select(4u, 7u, WIDE);
  let tap_groups = (params.tap_quads + tap_quads - 1u) / tap_quads;
  let f = i % feature_groups * 4u;
  let tap = i / feature_groups % tap_groups * tap_quads;
  let chunk = i / (feature_groups * tap_groups);
  let quads = (params.samples + 3u) / 4u;
  let last = min((chunk + 1u) * params.chunk, params.rows * quads);
  if (chunk * params.chunk >= last) {
    return;
  }
  var early: Quads;
  var late: Quads;
  var row = chunk * params.chunk / quads;
  var quad = chunk * params.chunk % quads;
  var rest = last - chunk * params.chunk;
  while (rest > 0u) {
    let end = min(quads, quad + rest);
    rest -= end - quad;
    let ahead = i32(quad) + i32(tap) - i32(params.lead);
    var x0 = signal_quad(row, ahead);
    var x1 = signal_quad(row, ahead + 1);
    var x2 = signal_quad(row, ahead + 2);
    var x3 = signal_quad(row, ahead + 3);
    var x4 = vec4f();
    var x5 = vec4f();
    var x6 = vec4f();
    if (WIDE) {
      x4 = signal_quad(row, ahead + 4);
      x5 = signal_quad(row, ahead + 5);
      x6 = signal_quad(row, ahead + 6);
    }
    var next = ahead + i32(tap_quads);
    for (; quad < end; quad++) {
      let newest = signal_quad(row, next);
      let spot = spot_of(row, quad);
      let g = mat4x4f(hidden_at(spot, f), hidden_at(spot, f + 1u), hidden_at(spot, f + 2u), hidden_at(spot, f + 3u));
      early.a += hankel(x0, x1) * g;
      early.b += hankel(x1, x2) * g;
      early.c += hankel(x2, x3) * g;
      x0 = x1;
      x1 = x2;
      x2 = x3;
      if (WIDE) {
        early.d += hankel(x3, x4) * g;
        late.a += hankel(x4, x5) * g;
        late.b += hankel(x5, x6) * g;
        late.c += hankel(x6, newest) * g;
        x3 = x4;
        x4 = x5;
        x5 = x6;
        x6 = newest;
      } else {
        early.d += hankel(x3, newest) * g;
        x3 = newest;
      }
      next++;
    }
    quad = 0u;
    row++;
  }
  store_block(chunk, f, tap * 4u, early.a);
  store_block(chunk, f, tap * 4u + 4u, early.b);
  store_block(chunk, f, tap * 4u + 8u, early.c);
  store_block(chunk, f, tap * 4u + 12u, early.d);
  if (WIDE) {
    store_block(chunk, f, tap * 4u + 16u, late.a);
    store_block(chunk, f, tap * 4u + 20u, late.b);
    store_block(chunk, f, tap * 4u + 24u, late.c);
  }
}
