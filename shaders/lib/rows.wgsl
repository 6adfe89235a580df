// Rows worked on by LANES invocations each: one on a processor, where barriers are dear; many on a GPU, where
// neighbouring invocations should read neighbouring values.

override LANES: u32 = 1;  // a power of two
override ROWS: u32 = 4;   // rows a workgroup

// No array is sized by an override: naga panics on some, and takes its browser along. ROWS * LANES must fit in it.
var<workgroup> lane_sums: array<f32, 256>;

// Sum over the lanes of a row, in a fixed order. Every invocation of the workgroup must call it.
fn row_sum(value: f32, local: vec3u) -> f32 {
  if (LANES == 1u) {
    return value;
  }
  let at = local.y * LANES + local.x;
  lane_sums[at] = value;
  for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (local.x < reach) {
      lane_sums[at] += lane_sums[at + reach];
    }
  }
  workgroupBarrier();
  let sum = lane_sums[local.y * LANES];
  workgroupBarrier();
  return sum;
}

fn row_of(group: vec3u, groups: vec3u, local: vec3u) -> u32 {
  return (group.y * groups.x + group.x) * ROWS + local.y;
}
