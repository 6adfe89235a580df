// joins: lib/stored_f32, lib/result_f32, lib/values_{1,4}, lib/ieee, lib/rows
// Gradient of zscore.wgsl by its input, with g = dy within the signal, d = x - mean, n samples:
//
//   dx = (g - mean(g) - d sum(g d) / ((n - 1) sd (sd + eps))) / (sd + eps)
//
// A constant row has d = 0, and no slope of its deviation is taken (as PyTorch does).

struct Params {
  rows: u32,
  width: u32,    // elements of a row of x
  padded: u32,   // elements of a row of the output
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> dy: array<Value>;
@group(0) @binding(3) var<storage, read_write> dx: array<Value>;

@compute @workgroup_size(LANES, ROWS)
fn zscore_gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = row_of(group, groups, local);
  let inside = row < params.rows;
  let last = min(row, params.rows - 1u);
  let base = last * params.width;
  let start = last * params.padded;
  let extent = f32(params.width * VALUES);
  let first = first_of(x[base]);
  var offsets = Value(0.0);
  var gradients = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    offsets += x[base + i] - first;
    gradients += dy[start + i];
  }
  let rough = first + row_sum(total(offsets), local) / extent;
  let mean_gradient = row_sum(total(gradients), local) / extent;
  var rests = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    rests += x[base + i] - rough;
  }
  let rest = row_sum(total(rests), local) / extent;
  var squares = Value(0.0);
  var products = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    let d = (x[base + i] - rough) - rest;
    squares += d * d;
    products += d * (dy[start + i] - mean_gradient);
  }
  let square = row_sum(total(squares), local);
  let product = row_sum(total(products), local);
  let sd = sqrt(square / (extent - 1.0));
  let factor = first_of(nan_unless_finite(Value(1.0 / (sd + params.eps)), Value(square)));
  // sum(g d) / ((n - 1) sd (sd + eps)), as sum(g d) / sum(d^2) times sd / (sd + eps).
  let along = select(product / square * (sd * factor), 0.0, square == 0.0);
  if (!inside) {
    return;
  }
  for (var i = local.x; i < params.width; i += LANES) {
    let d = (x[base + i] - rough) - rest;
    dx[base + i] = ((dy[start + i] - mean_gradient) - d * along) * factor;
  }
}
