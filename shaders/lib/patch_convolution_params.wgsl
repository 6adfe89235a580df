// What all kernels of the patch convolution's stem share. The signal is [rows, samples]; the patch layout is
// [rows, patches, features, patch_size], each patch one contiguous row of the matmul that follows.

struct Params {
  rows: u32,
  samples: u32,
  patch_size: u32,
  features: u32,    // a multiple of 4
  taps: u32,        // odd
  tap_blocks: u32,  // blocks of four taps after padding
  lead: u32,        // blocks of four taps before the centre, after padding
  shift: u32,       // zero taps put in front, so that the centre is at tap 4 lead
  tiles: u32,       // tiles of 16 samples in a row
  chunk: u32,       // blocks of four samples that one invocation of `weight_gradient` sums
  eps: f32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
