// joins: lib/stored_f32, lib/result_f32, lib/values_{1,4}, lib/ieee, lib/rows
// z-score over rows: y = (x - mean) / (sd + eps) with the unbiased sd, then zeros up to the padded length. Moments by the
// corrected two-pass algorithm: Chan, Golub and LeVeque, "Algorithms for computing the sample variance", The American
// Statistician 37(3), 1983.

struct Params {
  rows: u32,
  width: u32,    // elements of a row of x
  padded: u32,   // elements of a row of y
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;

@compute @workgroup_size(LANES, ROWS)
fn zscore(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = row_of(group, groups, local);
  let inside = row < params.rows;
  let base = min(row, params.rows - 1u) * params.width;
  let extent = f32(params.width * VALUES);
  // Counted from the first sample, the mean of a constant row is that sample exactly, and its result exactly 0.
  let first = first_of(x[base]);
  var offsets = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    offsets += x[base + i] - first;
  }
  let rough = first + row_sum(total(offsets), local) / extent;
  // A large mean is rounded by more than f32 keeps of the signal's own size: the mean of what is left corrects it.
  var rests = Value(0.0);
  var squares = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    let d = x[base + i] - rough;
    rests += d;
    squares += d * d;
  }
  let sum = row_sum(total(rests), local);
  let rest = sum / extent;
  let square = row_sum(total(squares), local) - sum * rest;
  let sd = sqrt(max(square, 0.0) / (extent - 1.0));
  let factor = first_of(nan_unless_finite(Value(1.0 / (sd + params.eps)), Value(square)));
  if (!inside) {
    return;
  }
  let start = row * params.padded;
  for (var i = local.x; i < params.width; i += LANES) {
    y[start + i] = ((x[base + i] - rough) - rest) * factor;
  }
  for (var i = params.width + local.x; i < params.padded; i += LANES) {
    y[start + i] = Value(0.0);
  }
}
