// y = (x - mean) / (sd + eps) over rows, with the unbiased sd, then zeros up to the padded length. Joined after
// values_*.wgsl, ieee.wgsl and rows.wgsl.

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
  // A large mean is rounded by more than f32 keeps of the signal's own size: what is left of it is taken off.
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
