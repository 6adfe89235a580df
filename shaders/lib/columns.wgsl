// Sums down the rows of a matrix, a column shared by DOWN invocations: one on a processor, where barriers are dear; many
// on a GPU, which would idle otherwise.

override COLUMNS: u32 = 16;  // columns a workgroup
override DOWN: u32 = 1;      // a power of two

// Rows added up before they are added to the rest: long sums lose less that way.
const RUN = 32u;

// A constant, as in rows.wgsl. COLUMNS * DOWN must fit in it.
var<workgroup> column_sums: array<Value, 256>;

// Sum over the invocations of a column, in a fixed order. Every invocation of the workgroup must call it.
fn column_sum(value: Value, local: vec3u) -> Value {
  if (DOWN == 1u) {
    return value;
  }
  let at = local.y * COLUMNS + local.x;
  column_sums[at] = value;
  for (var reach = DOWN / 2u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (local.y < reach) {
      column_sums[at] += column_sums[at + reach * COLUMNS];
    }
  }
  workgroupBarrier();
  let sum = column_sums[local.x];
  workgroupBarrier();
  return sum;
}
