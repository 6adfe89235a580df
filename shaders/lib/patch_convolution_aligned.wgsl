// How the stem reads and writes a block of four samples where a patch is a multiple of 4 samples long: as a vector.

@group(0) @binding(1) var<storage, read> signal: array<vec4f>;
@group(0) @binding(5) var<storage, read> grad: array<Stored4>;
@group(0) @binding(6) var<storage, read_write> work: array<Result4>;
@group(0) @binding(2) var<storage, read> hidden: array<vec4f>;

// Offset of four samples of feature 0 in the patch layout, in vectors.
alias Spot = u32;

const OUTSIDE = 0xffffffffu;

fn spot_of(row: u32, block: u32) -> Spot {
  let width = params.patch_size / 4u;
  let patch_index = block / width;
  let at = (row * (params.samples / params.patch_size) + patch_index) * params.features * width;
  return select(OUTSIDE, at + block - patch_index * width, block * 4u < params.samples);
}

// Samples before the first and after the last are 0.
fn signal_block(row: u32, block: i32) -> vec4f {
  let blocks = i32(params.samples / 4u);
  let value = signal[row * u32(blocks) + u32(clamp(block, 0, blocks - 1))];
  return select(vec4f(0.0), value, block >= 0 && block < blocks);
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
