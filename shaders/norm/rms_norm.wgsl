// joins: lib/stored_{f32,f16}, lib/result_f32, lib/values_{1,4}, lib/ieee, lib/rows, lib/columns
// RMS norm over rows of D elements, forward and backward:
//
//   n = x rstd      rstd = 1 / sqrt(mean(x^2) + eps)      y = w n
//
// The gradients, with g = dy w:
//
//   dx = rstd (g - n mean(g n))      dw = sum over rows of dy n
//
// Zhang and Sennrich 2019, arXiv:1910.07467.

struct Params {
  rows: u32,
  width: u32,   // elements of a row
  eps: f32,
}

override CARRIED: bool = false;  // dx is added to `carried`, the gradient accumulated so far

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<StoredValue>;
// forward
@group(0) @binding(2) var<storage, read> weight: array<Value>;
@group(0) @binding(3) var<storage, read_write> y: array<StoredValue>;
@group(0) @binding(4) var<storage, read_write> rstd_out: array<f32>;
// input_gradient; weight as in forward
@group(0) @binding(3) var<storage, read> rstds: array<f32>;
@group(0) @binding(4) var<storage, read> grad: array<StoredValue>;
@group(0) @binding(5) var<storage, read> carried: array<StoredValue>;
@group(0) @binding(6) var<storage, read_write> dx: array<StoredValue>;
// weight_gradient
@group(0) @binding(2) var<storage, read> weight_rstds: array<f32>;
@group(0) @binding(3) var<storage, read> weight_grad: array<StoredValue>;
@group(0) @binding(4) var<storage, read_write> weight_sums: array<Value>;

@compute @workgroup_size(LANES, ROWS)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = row_of(group, groups, local);
  let inside = row < params.rows;
  let base = min(row, params.rows - 1u) * params.width;
  var squares = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    let value = Value(x[base + i]);
    squares += value * value;
  }
  let mean = row_sum(total(squares), local) / f32(params.width * VALUES);
  let rstd = first_of(nan_unless_finite(Value(1.0 / sqrt(mean + params.eps)), Value(mean)));
  if (inside) {
    for (var i = local.x; i < params.width; i += LANES) {
      y[base + i] = StoredValue(weight[i] * (Value(x[base + i]) * rstd));
    }
    if (local.x == 0u) { rstd_out[row] = rstd; }
  }
}

// dx = rstd (g - n mean(g n))
@compute @workgroup_size(LANES, ROWS)
fn input_gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = row_of(group, groups, local);
  let inside = row < params.rows;
  let base = min(row, params.rows - 1u) * params.width;
  let rstd = rstds[min(row, params.rows - 1u)];
  var products = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    products += Value(grad[base + i]) * weight[i] * (Value(x[base + i]) * rstd);
  }
  let along = row_sum(total(products), local) / f32(params.width * VALUES);
  if (inside) {
    for (var i = local.x; i < params.width; i += LANES) {
      let g = Value(grad[base + i]) * weight[i];
      var by_input = rstd * (g - (Value(x[base + i]) * rstd) * along);
      if (CARRIED) { by_input += Value(carried[base + i]); }
      dx[base + i] = StoredValue(by_input);
    }
  }
}

// dw = sum over rows of dy n
@compute @workgroup_size(COLUMNS, DOWN)
fn weight_gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let column = (group.y * groups.x + group.x) * COLUMNS + local.x;
  let inside = min(column, params.width - 1u);
  var sum = Value(0.0);
  for (var first = local.y * RUN; first < params.rows; first += DOWN * RUN) {
    var part = Value(0.0);
    var at = first * params.width + inside;
    for (var row = first; row < min(first + RUN, params.rows); row++) {
      part += Value(weight_grad[at]) * (Value(x[at]) * weight_rstds[row]);
      at += params.width;
    }
    sum += part;
  }
  let whole = column_sum(sum, local);
  if (local.y == 0u && column < params.width) {
    weight_sums[column] = whole;
  }
}
