// y = (x - m) / sqrt(v + eps) w + b over rows, then GELU where asked, and the gradients. Joined after values_*.wgsl,
// ieee.wgsl, rows.wgsl, columns.wgsl, sigmoid.wgsl and gelu.wgsl.

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
@group(0) @binding(4) var<storage, read_write> y: array<StoredValue>;
@group(0) @binding(5) var<storage, read_write> moments_out: array<vec2f>;

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
  // The rounding of a large mean would pass for spread in a constant row: what is left of it is taken off.
  var rests = Value(0.0);
  var squares = Value(0.0);
  for (var i = local.x; i < params.width; i += LANES) {
    let d = Value(x[base + i]) - rough;
    rests += d;
    squares += d * d;
  }
  let rest = row_sum(total(rests), local) / extent;
  let variance = row_sum(total(squares), local) / extent - rest * rest;
  let inverse = first_of(nan_unless_finite(Value(1.0 / sqrt(max(variance, 0.0) + params.eps)), Value(variance)));
  if (inside) {
    for (var i = local.x; i < params.width; i += LANES) {
      let h = ((Value(x[base + i]) - rough) - rest) * inverse * weight[i] + bias[i];
      if (GELU) { y[base + i] = StoredValue(gelu(h)); } else { y[base + i] = StoredValue(h); }
    }
    if (local.x == 0u) { moments_out[row] = vec2f(rough + rest, inverse); }
  }
}

@group(0) @binding(4) var<storage, read> moments: array<vec2f>;
@group(0) @binding(5) var<storage, read> grad: array<StoredValue>;
@group(0) @binding(6) var<storage, read_write> dx: array<StoredValue>;

// Gradient by the argument of the activation, at element i of a row; `n` is the normalised input there.
fn inner_gradient(g: Value, n: Value, i: u32) -> Value {
  if (GELU) { return g * gelu_derivative(n * weight[i] + bias[i]); }
  return g;
}

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

@group(0) @binding(6) var<storage, read_write> weight_sums: array<Value>;
@group(0) @binding(7) var<storage, read_write> bias_sums: array<Value>;

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
