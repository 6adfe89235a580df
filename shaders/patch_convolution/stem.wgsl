// joins: lib/stored_{f32,f16}, lib/result_{f32,f16}, lib/patch_convolution_params, lib/values_4, lib/ieee, lib/sigmoid, lib/gelu, lib/patch_convolution_{aligned,ragged}
// The stem of the patch convolution: a convolution along time to F features, layer norm over them at each sample, GELU,
// written in patch layout so that the convolution of stride `patch_size` that follows is a matmul; and its gradients. With
// K taps and r = (K - 1) / 2:
//
//   c[f, t] = sum_k w[f, k] x[t + k - r]      n = (c - mean_f c) rstd      z = n gamma + beta      y = gelu(z)
//
// The gradients, with dz = dy gelu'(z) and g = dz gamma:
//
//   dc = rstd (g - mean_f g - n mean_f(g n))      dgamma = sum dz n      dbeta = sum dz
//   dw[f, k] = sum_t dc[f, t] x[t + k - r]        dx: patch_convolution/taps.wgsl
//
// The Hankel trick: of 4 samples t, .. and 4 taps k, .. the factors x[t + i + k + j - r] depend on i + j alone. They are a
// Hankel matrix h, symmetric, made of two vectors, and `h * w` with a 4 x 4 block of taps, one feature a column, is 4
// samples of 4 features. So no im2col matrix (Chellapilla, Puri and Simard 2006) is ever in memory. With a block of dc in
// w's stead the same product is the gradient of 4 taps of 4 features. docs/kernels.md has the derivation.
//
// One invocation takes a tile of 16 samples, so that each block of taps is read once for 16.

// Bindings, those of lib/patch_convolution_{params,aligned,ragged}.wgsl among them:
//
//                    0       1       2       3               4     5     6     7              8
//   forward          params  signal  taps    gamma           beta  -     work
//   hidden_gradient  params  signal  taps    gamma           beta  grad  work  gamma_partial  beta_partial
//   weight_gradient  params  signal  hidden  weight_partial
//
// Taps are padded with zeros to whole blocks of four: [features, tap_blocks].
@group(0) @binding(2) var<storage, read> taps: array<vec4f>;
@group(0) @binding(3) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> weight_partial: array<f32>;
@group(0) @binding(4) var<storage, read> beta: array<f32>;
@group(0) @binding(7) var<storage, read_write> gamma_partial: array<f32>;
@group(0) @binding(8) var<storage, read_write> beta_partial: array<f32>;

fn hankel(a: vec4f, b: vec4f) -> mat4x4f {
  return mat4x4f(a, vec4f(a.yzw, b.x), vec4f(a.zw, b.xy), vec4f(a.w, b.xyz));
}

// 16 samples of 4 features, or 16 taps of 4 features.
struct Tile { a: mat4x4f, b: mat4x4f, c: mat4x4f, d: mat4x4f }

struct Spots { a: Spot, b: Spot, c: Spot, d: Spot }

// Mean over some features at 4 samples, and M2, the sum of squared deviations from it.
struct Moments { mean: vec4f, m2: vec4f }

// Mean over all features at 4 samples, and rstd = 1 / sqrt(variance + eps).
struct Scale { mean: vec4f, rstd: vec4f }

struct Scales { a: Scale, b: Scale, c: Scale, d: Scale }

fn spots_of(row: u32, block: u32) -> Spots {
  return Spots(spot_of(row, block), spot_of(row, block + 1u), spot_of(row, block + 2u), spot_of(row, block + 3u));
}

// Features f .. f+3 of the convolution at 16 samples.
fn convolve(row: u32, block: u32, f: u32) -> Tile {
  var sum: Tile;
  let first = i32(block) - i32(params.lead);
  var x0 = signal_block(row, first);
  var x1 = signal_block(row, first + 1);
  var x2 = signal_block(row, first + 2);
  var x3 = signal_block(row, first + 3);
  var at = f * params.tap_blocks;
  for (var k = 0u; k < params.tap_blocks; k++) {
    let x4 = signal_block(row, first + 4 + i32(k));
    let w = mat4x4f(taps[at], taps[at + params.tap_blocks], taps[at + 2u * params.tap_blocks], taps[at + 3u * params.tap_blocks]);
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

// Moments of `count` features merged with those of 4 more: no squares of large means are ever subtracted. With d the
// difference of the means: M2 = M2_a + M2_b + d^2 n_a n_b / (n_a + n_b). Chan, Golub and LeVeque, "Updating formulae and a
// pairwise algorithm for computing sample variances", 1979.
fn join(moments: Moments, count: f32, values: mat4x4f) -> Moments {
  let mean = (values[0] + values[1] + values[2] + values[3]) * 0.25;
  let d0 = values[0] - mean;
  let d1 = values[1] - mean;
  let d2 = values[2] - mean;
  let d3 = values[3] - mean;
  let apart = mean - moments.mean;
  let m2 = d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
  return Moments(
    moments.mean + apart * (4.0 / (count + 4.0)),
    moments.m2 + m2 + apart * apart * (count * 4.0 / (count + 4.0)),
  );
}

fn scale_of(moments: Moments) -> Scale {
  let rstd = 1.0 / sqrt(moments.m2 / f32(params.features) + params.eps);
  return Scale(moments.mean, nan_unless_finite(rstd, moments.m2));
}

fn store(spot: Spot, f: u32, values: mat4x4f) {
  set_work(spot, f, values[0]);
  set_work(spot, f + 1u, values[1]);
  set_work(spot, f + 2u, values[2]);
  set_work(spot, f + 3u, values[3]);
}

// Writes the convolution at 16 samples to `work`, and finds how to normalise it.
fn convolve_tile(row: u32, block: u32, spots: Spots) -> Scales {
  var a: Moments;
  var b: Moments;
  var c: Moments;
  var d: Moments;
  for (var f = 0u; f < params.features; f += 4u) {
    let values = convolve(row, block, f);
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
  let normalised = (work_at(spot, f) - scale.mean) * scale.rstd;
  set_work(spot, f, gelu(normalised * gamma[f] + beta[f]));
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  let row = i / params.tiles;
  if (row >= params.rows) {
    return;
  }
  let block = i % params.tiles * 4u;
  let spots = spots_of(row, block);
  let scales = convolve_tile(row, block, spots);
  for (var f = 0u; f < params.features; f++) {
    activate(spots.a, scales.a, f);
    activate(spots.b, scales.b, f);
    activate(spots.c, scales.c, f);
    activate(spots.d, scales.d, f);
  }
}

// At 4 samples of a feature, backward, which computes the convolution again rather than keep it: n and dz.
struct Inner { normalised: vec4f, grad: vec4f }

fn inner_of(spot: Spot, scale: Scale, f: u32) -> Inner {
  let normalised = (work_at(spot, f) - scale.mean) * scale.rstd;
  return Inner(normalised, grad_at(spot, f) * gelu_derivative(normalised * gamma[f] + beta[f]));
}

// Sums over the features of g and of g n.
struct Sums { plain: vec4f, along: vec4f }

fn add_to(sums: Sums, inner: Inner, factor: f32) -> Sums {
  let g = inner.grad * factor;
  return Sums(sums.plain + g, sums.along + g * inner.normalised);
}

// dc = rstd (g - mean_f g - n mean_f(g n))
fn differentiate(spot: Spot, scale: Scale, sums: Sums, f: u32) {
  let inner = inner_of(spot, scale, f);
  let share = 1.0 / f32(params.features);
  let g = inner.grad * gamma[f] - share * (sums.plain + inner.normalised * sums.along);
  set_work(spot, f, scale.rstd * g);
}

// dc, to `work`, and partial sums of dgamma and dbeta.
@compute @workgroup_size(WORKGROUP)
fn hidden_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  let row = i / params.tiles;
  if (row >= params.rows) {
    return;
  }
  let block = i % params.tiles * 4u;
  let spots = spots_of(row, block);
  let scales = convolve_tile(row, block, spots);
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

// dw[f, k] = sum_t dc[f, t] x[t + k - r], over one chunk of samples, 4 features and 16 or 28 taps: [chunks, features, taps].
@compute @workgroup_size(WORKGROUP)
fn weight_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  let feature_groups = params.features / 4u;
  let tap_blocks = select(4u, 7u, WIDE);
  let tap_groups = (params.tap_blocks + tap_blocks - 1u) / tap_blocks;
  let f = i % feature_groups * 4u;
  let tap = i / feature_groups % tap_groups * tap_blocks;
  let chunk = i / (feature_groups * tap_groups);
  let blocks = (params.samples + 3u) / 4u;
  let last = min((chunk + 1u) * params.chunk, params.rows * blocks);
  if (chunk * params.chunk >= last) {
    return;
  }
  var early: Tile;
  var late: Tile;
  var row = chunk * params.chunk / blocks;
  var block = chunk * params.chunk % blocks;
  var rest = last - chunk * params.chunk;
  while (rest > 0u) {
    let end = min(blocks, block + rest);
    rest -= end - block;
    let ahead = i32(block) + i32(tap) - i32(params.lead);
    var x0 = signal_block(row, ahead);
    var x1 = signal_block(row, ahead + 1);
    var x2 = signal_block(row, ahead + 2);
    var x3 = signal_block(row, ahead + 3);
    var x4 = vec4f();
    var x5 = vec4f();
    var x6 = vec4f();
    if (WIDE) {
      x4 = signal_block(row, ahead + 4);
      x5 = signal_block(row, ahead + 5);
      x6 = signal_block(row, ahead + 6);
    }
    var next = ahead + i32(tap_blocks);
    for (; block < end; block++) {
      let newest = signal_block(row, next);
      let spot = spot_of(row, block);
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
    block = 0u;
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
