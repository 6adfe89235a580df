// How the stem reads and writes 4 neighbouring samples where a patch is a multiple of 4 samples long: as vectors.

@group(0) @binding(1) var<storage, read> signal: array<vec4f>;
@group(0) @binding(5) var<storage, read> grad: array<Stored4>;
@group(0) @binding(6) var<storage, read_write> work: array<Result4>;
@group(0) @binding(2) var<storage, read> hidden: array<vec4f>;

// Where 4 samples of feature 0 lie in the patch layout.
alias Spot = u32;

const OUTSIDE = 0xffffffffu;

fn spot_of(row: u32, quad: u32) -> Spot {
  let width = params.patch_size / 4u;
  let patch_index = quad / width;
  let at = (row * (params.samples / params.patch_size) + patch_index) * params.features * width;
  return select(OUTSIDE, at + quad - patch_index * width, quad * 4u < params.samples);
}

// Samples before the first and after the last are 0.
fn signal_quad(row: u32, quad: i32) -> vec4f {
  let quads = i32(params.samples / 4u);
  let value = signal[row * u32(quads) + u32(clamp(quad, 0, quads - 1))];
  return select(vec4f(0.0), value, quad >= 0 && quad < quads);
}

fn work_at(spot: Spot, feature: u32) -> vec4f {
  if (spot == OUTSIDE) { return vec4f(0.0); }
  return vec4f(work[spot + feature * (params.patch_size / 4u)]);
}

fn set_work(spot: Spot, feature: u32, value: vec4f) {
  if (spot == OUTSIDE) { return; }
  work[spot + feature * (params.patch_size / 4u)] = Result4(value);
}

fn grad_at(spot: Spot, feature: u32) -> vec4f {
  if (spot == OUTSIDE) { return vec4f(0.0); }
  return vec4f(grad[spot + feature * (params.patch_size / 4u)]);
}

fn hidden_at(spot: Spot, feature: u32) -> vec4f {
  if (spot == OUTSIDE) { return vec4f(0.0); }
  return hidden[spot + feature * (params.patch_size / 4u)];
}
