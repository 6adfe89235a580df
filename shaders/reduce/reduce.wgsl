// joins: lib/stored_{f32,f16}, lib/result_{f32,f16}, lib/values_{1,4}
// Sums over one run of axes of a tensor seen as [outer, extent, inner], in a fixed order, and their gradient. The extent
// may be cut into chunks that are summed apart and then by a second dispatch, so that long sums are parallel and lose
// less (blocked summation: Higham, "The accuracy of floating point summation", SIAM J. Sci. Comput. 14(4), 1993).
// `inner` counts elements of type Value.
//
//   sum:     y[o, i] = scale sum_e x[o, e, i]
//   spread:  its gradient, dx[o, e, i] = scale dy[o, i]

struct Params {
  outer: u32,
  extent: u32,
  inner: u32,
  chunk: u32,
  chunks: u32,
  scale: f32,
}

// Elements added up before they are added to the rest: long sums lose less that way.
const RUN = 32u;

override WORKGROUP: u32 = 64;
override CARRIED: bool = false;  // `spread` adds to `carried`, the gradient accumulated so far

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<StoredValue>;
// sum
@group(0) @binding(2) var<storage, read_write> y: array<ResultValue>;
// spread
@group(0) @binding(2) var<storage, read> carried: array<ResultValue>;
@group(0) @binding(3) var<storage, read_write> spread_out: array<ResultValue>;

@compute @workgroup_size(WORKGROUP)
fn sum(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.outer * params.chunks * params.inner) {
    return;
  }
  let column = i % params.inner;
  let row = i / params.inner;
  let first = (row % params.chunks) * params.chunk;
  let last = min(first + params.chunk, params.extent);
  let base = (row / params.chunks) * params.extent * params.inner + column;
  var total = Value(0.0);
  for (var run = first; run < last; run += RUN) {
    let end = min(run + RUN, last);
    var part = Value(0.0);
    for (var r = run; r < end; r++) {
      part += Value(x[base + r * params.inner]);
    }
    total += part;
  }
  y[i] = ResultValue(total * params.scale);
}

// Every element of a run gets its sum's gradient.

@compute @workgroup_size(WORKGROUP)
fn spread(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.outer * params.extent * params.inner) {
    return;
  }
  let row = i / params.inner;
  var value = Value(x[row / params.extent * params.inner + (i - row * params.inner)]) * params.scale;
  if (CARRIED) { value += Value(carried[i]); }
  spread_out[i] = ResultValue(value);
}
