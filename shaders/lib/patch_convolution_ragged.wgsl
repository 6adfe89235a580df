// How the stem reads and writes a block of four samples where they may lie in different patches: one by one.
//
// Each function has one return, written out after a last `if` too, and joins conditions with `&`: of an early return, of a
// function that ends in `if`, and of `&&` naga makes branches, which become hundreds once drivers have inlined them, and
// minutes of SwiftShader's time.

@group(0) @binding(1) var<storage, read> signal: array<f32>;
@group(0) @binding(5) var<storage, read> grad: array<Stored>;
@group(0) @binding(6) var<storage, read_write> work: array<Result>;
@group(0) @binding(2) var<storage, read> hidden: array<f32>;

// Offset of each of four samples of feature 0 in the patch layout.
alias Spot = vec4u;

const OUTSIDE = 0xffffffffu;

fn spot_of(row: u32, block: u32) -> Spot {
  let sample = vec4u(block * 4u) + vec4u(0u, 1u, 2u, 3u);
  let patch_index = sample / params.patch_size;
  let patches = params.samples / params.patch_size;
  let at = (vec4u(row * patches) + patch_index) * (params.features * params.patch_size);
  let spot = at + sample - patch_index * params.patch_size;
  return select(vec4u(OUTSIDE), spot, sample < vec4u(params.samples));
}

fn signal_at(row: u32, sample: i32) -> f32 {
  let value = signal[row * params.samples + u32(clamp(sample, 0, i32(params.samples) - 1))];
  return select(0.0, value, (sample >= 0) & (sample < i32(params.samples)));
}

// Samples before the first and after the last are 0.
fn signal_block(row: u32, block: i32) -> vec4f {
  let t = block * 4;
  return vec4f(signal_at(row, t), signal_at(row, t + 1), signal_at(row, t + 2), signal_at(row, t + 3));
}

fn work_one(spot: u32, feature: u32) -> f32 {
  var value = 0.0;
  if (spot != OUTSIDE) { value = f32(work[spot + feature * params.patch_size]); }
  return value;
}

fn work_at(spot: Spot, feature: u32) -> vec4f {
  return vec4f(work_one(spot.x, feature), work_one(spot.y, feature), work_one(spot.z, feature), work_one(spot.w, feature));
}

fn set_work_one(spot: u32, feature: u32, value: f32) {
  if (spot != OUTSIDE) { work[spot + feature * params.patch_size] = Result(value); }
  return;
}

fn set_work(spot: Spot, feature: u32, value: vec4f) {
  set_work_one(spot.x, feature, value.x);
  set_work_one(spot.y, feature, value.y);
  set_work_one(spot.z, feature, value.z);
  set_work_one(spot.w, feature, value.w);
}

fn grad_one(spot: u32, feature: u32) -> f32 {
  var value = 0.0;
  if (spot != OUTSIDE) { value = f32(grad[spot + feature * params.patch_size]); }
  return value;
}

fn grad_at(spot: Spot, feature: u32) -> vec4f {
  return vec4f(grad_one(spot.x, feature), grad_one(spot.y, feature), grad_one(spot.z, feature), grad_one(spot.w, feature));
}

fn hidden_one(spot: u32, feature: u32) -> f32 {
  var value = 0.0;
  if (spot != OUTSIDE) { value = hidden[spot + feature * params.patch_size]; }
  return value;
}

fn hidden_at(spot: Spot, feature: u32) -> vec4f {
  return vec4f(hidden_one(spot.x, feature), hidden_one(spot.y, feature), hidden_one(spot.z, feature), hidden_one(spot.w, feature));
}
