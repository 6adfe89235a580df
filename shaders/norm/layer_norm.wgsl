// joins: lib/stored_{f32,f16}, lib/result_f32, lib/values_{1,4}, lib/ieee, lib/rows, lib/columns, lib/sigmoid, lib/gelu
// Layer norm over rows of D elements, then GELU where asked, forward and backward:
//
//   n = (x - mean) rstd      rstd = 1 / sqrt(variance + eps)      h = n w + b      y = h or gelu(h)
//
// The gradients, with dh = dy or dy gelu'(h), and g = dh w:
//
//   dx = rstd (g - mean(g) - n mean(g n))      dw = sum over rows of dh n      db = sum over rows of dh
//
// Ba, Kiros and Hinton 2016, arXiv:1607.06450. Moments by the corrected two-pass algorithm: Chan, Golub and LeVeque,
// "Algorithms for computing the sample variance", The American Statistician 37(3), 1983.

struct Params {
  rows: u32,
  width: u32,   // elements of a row
  eps: f32,
}

override GELU: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<StoredValue>;
@group(0) @binding(2) var<storage, read> weight: array<Value>;
@group(0) @binding(3) var<storage, read> bias: array<Value>;
// forward; the moments of a row are its mean and rstd
@group(0) @binding(4) var<storage, read_write> y: array<StoredValue>;
@group(0) @binding(5) var<storage, read_write> moments_out: array<vec2f>;
// input_gradient, weight_gradients
@group(0) @binding(4) var<storage, read> moments: array<vec2f>;
@group(0) @binding(5) var<storage, read> grad: array<StoredValue>;
// input_gradient
@group(0) @binding(6) var<storage, read_write> dx: array<StoredValue>;
// weight_gradients
@group(0) @binding(6) var<storage, read_write> weight_sums: array<Value>;
@group(0) @binding(7) var<storage, read_write> bias_sums: array<Value>;

@compute @workgroup_size(LANES, ROWS)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = row_of(group, groups, local);
  let inside = row < params.rows;
  let base = min(row, params.rows - 1u) * params.width;
  let extent = f32(params.width * VALUES);
  var values = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    values += Value(x[base + i]);
  }
  let rough = row_sum(total(values), local) / extent;
  // The rounding of a large mean would pass for variance in a constant row: the mean of what is left corrects it.
  var rests = Value(0.0);
  var squares = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    let d = Value(x[base + i]) - rough;
    rests += d;
    squares += d * d;
  }
  let rest = row_sum(total(rests), local) / extent;
  let variance = row_sum(total(squares), local) / extent - rest * rest;
  let rstd = first_of(nan_unless_finite(Value(1.0 / sqrt(max(variance, 0.0) + params.eps)), Value(variance)));
  if (inside) {
    for (var i = local.x; i < params.width; i += LANES) {
      let h = ((Value(x[base + i]) - rough) - rest) * rstd * weight[i] + bias[i];
      if (GELU) { y[base + i] = StoredValue(gelu(h)); } else { y[base + i] = StoredValue(h); }
    }
    if (local.x == 0u) { moments_out[row] = vec2f(rough + rest, rstd); }
  }
}

// dh at element i of a row.
fn inner_gradient(g: Value, n: Value, i: u32) -> Value {
  if (GELU) { return g * gelu_derivative(n * weight[i] + bias[i]); }
  return g;
}

// dx = rstd (g - mean(g) - n mean(g n))
@compute @workgroup_size(LANES, ROWS)
fn input_gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = row_of(group, groups, local);
  let inside = row < params.rows;
  let base = min(row, params.rows - 1u) * params.width;
  let extent = f32(params.width * VALUES);
  let moment = moments[min(row, params.rows - 1u)];
  var sums = Value(0.0);
  var products = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    let n = (Value(x[base + i]) - moment.x) * moment.y;
    let g = inner_gradient(Value(grad[base + i]), n, i) * weight[i];
    sums += g;
    products += g * n;
  }
  let mean = row_sum(total(sums), local) / extent;
  let along = row_sum(total(products), local) / extent;
  if (inside) {
    for (var i = local.x; i < params.width; i += LANES) {
      let n = (Value(x[base + i]) - moment.x) * moment.y;
      let g = inner_gradient(Value(grad[base + i]), n, i) * weight[i];
      dx[base + i] = StoredValue(moment.y * (g - mean - n * along));
    }
  }
}

// dw = sum over rows of dh n, db = sum over rows of dh
@compute @workgroup_size(COLUMNS, DOWN)
fn weight_gradients(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let column = (group.y * groups.x + group.x) * COLUMNS + local.x;
  let inside = min(column, params.width - 1u);
  var by_weight = Value(0.0);
  var by_bias = Value(0.0);
  for (var first = local.y * RUN; first < params.rows; first += DOWN * RUN) {
    var part_weight = Value(0.0);
    var part_bias = Value(0.0);
    var at = first * params.width + inside;
    for (var row = first; row < min(first + RUN, params.rows); row++) {
      let n = (Value(x[at]) - moments[row].x) * moments[row].y;
      let g = inner_gradient(Value(grad[at]), n, inside);
      part_weight += g * n;
      part_bias += g;
      at += params.width;
    }
    by_weight += part_weight;
    by_bias += part_bias;
  }
  let weight_sum = column_sum(by_weight, local);
  let bias_sum = column_sum(by_bias, local);
  if (local.y == 0u && column < params.width) {
    weight_sums[column] = weight_sum;
    bias_sums[column] = bias_sum;
  }
}
