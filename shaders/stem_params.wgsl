// What all kernels of the stem share. The signal is [rows, samples]; the patch layout is
// [rows, patches, features, patch_size], each patch one contiguous row of the patch convolution that follows.

struct Params {
  rows: u32,
  samples: u32,
  patch_size: u32,
  features: u32,    // a multiple of 4
  taps: u32,        // odd
  tap_quads: u32,   // quads of taps after padding
  lead: u32,        // quads of taps before the sample itself, after padding
  shift: u32,       // zero taps put in front, so that the sample itself is at tap 4 lead
  blocks: u32,      // blocks of 4 quads of samples in a row
  chunk: u32,       // quads of samples that one invocation of `weight_gradient` sums
  eps: f32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
