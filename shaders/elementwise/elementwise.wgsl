// joins: lib/stored_{f32,f16}, lib/result_{f32,f16}, lib/values_{1,4}, lib/ieee, lib/sigmoid, lib/gelu
// Elementwise operations. `forward`, `derivative`, `combine` and `gradient` stand for the expressions of one row of the
// table in engine/kernels/elementwise.ts, which holds each operation's equation and its derivative; everything else is
// the same for every row.

struct Params {
  // Merged axes of the output, innermost first, and the strides of the two operands along them, 0 along a broadcast
  // axis. All count elements of arrays.
  extents: array<vec4u, 2>,
  a_strides: array<vec4u, 2>,
  b_strides: array<vec4u, 2>,
  size: u32,
  s: f32,
}

override WORKGROUP: u32 = 64;
override AXES: u32 = 8;
override EQUAL_SHAPES: bool = false;  // both operands have the output's: element i is at i in each

@group(0) @binding(0) var<uniform> params: Params;
// unary, and accumulate: running += x_in
@group(0) @binding(1) var<storage, read> x_in: array<StoredValue>;
@group(0) @binding(2) var<storage, read_write> y_out: array<StoredValue>;
@group(0) @binding(2) var<storage, read_write> running: array<StoredValue>;
// binary
@group(0) @binding(1) var<storage, read> left: array<StoredValue>;
@group(0) @binding(2) var<storage, read> right: array<StoredValue>;
@group(0) @binding(3) var<storage, read_write> combined: array<StoredValue>;
// unary_backward: x is a_in, y is b_in; binary_backward: the operands are a_in and b_in
@group(0) @binding(1) var<storage, read> g_in: array<StoredValue>;
@group(0) @binding(2) var<storage, read> a_in: array<StoredValue>;
@group(0) @binding(3) var<storage, read> b_in: array<StoredValue>;
@group(0) @binding(4) var<storage, read_write> d_out: array<ResultValue>;
// fill
@group(0) @binding(1) var<storage, read_write> filled: array<StoredValue>;

// The row's expressions, put in by engine/gpu/kernel.ts; as they stand here, the identity.
fn forward(x: Value, s: f32) -> Value { return x; }
fn derivative(g: Value, x: Value, y: Value, s: f32) -> Value { return g; }
fn combine(a: Value, b: Value) -> Value { return a; }
fn gradient(g: Value, a: Value, b: Value) -> Value { return g; }

// tanh(x) = x - x^3 / 3 + 2 x^5 / 15 - .. near 0.
fn tanh_safe(x: Value) -> Value {
  // Drivers compute tanh from exponentials: they overflow where it is 1 anyway, and lose all digits near 0.
  let series = x * (Value(1.0) - x * x * (Value(0.33333333) - x * x * 0.13333333));
  return nan_with(select(tanh(clamp(x, Value(-15.0), Value(15.0))), series, abs(x) < Value(0.1)), x);
}

// e^-|x|, which is below all numbers from 104 on.
fn exp_of_minus(x: Value) -> Value {
  return exp(-min(abs(x), Value(104.0)));
}

// sigmoid'(x) = e / (1 + e)^2 with e = e^-|x|: from x, since y (1 - y) loses all digits where the function is flat.
fn sigmoid_derivative(x: Value) -> Value {
  let e = exp_of_minus(x);
  return nan_with(e / ((Value(1.0) + e) * (Value(1.0) + e)), x);
}

// tanh(x) = 2 sigmoid(2 x) - 1
fn tanh_derivative(x: Value) -> Value {
  return 4.0 * sigmoid_derivative(2.0 * x);
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): nothing overflows, and the logarithm is a series where 1 + e would lose the
// digits of e.
fn softplus(x: Value) -> Value {
  let e = exp_of_minus(x);
  let series = e * (Value(1.0) - e * (Value(0.5) - e * (Value(0.33333333) - e * 0.25)));
  return nan_with(max(x, Value(0.0)) + select(log(Value(1.0) + e), series, e < Value(0.03)), x);
}

fn relu(x: Value) -> Value {
  return nan_with(max(x, Value(0.0)), x);
}

fn relu_gradient(g: Value, x: Value) -> Value {
  return nan_with(nan_with(select(Value(0.0), g, x > Value(0.0)), x), g);
}

fn index_of(id: vec3u, groups: vec3u) -> u32 {
  return id.y * groups.x * WORKGROUP + id.x;
}

@compute @workgroup_size(WORKGROUP)
fn unary(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    y_out[i] = StoredValue(forward(Value(x_in[i]), params.s));
  }
}

@compute @workgroup_size(WORKGROUP)
fn unary_backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    d_out[i] = ResultValue(derivative(Value(g_in[i]), Value(a_in[i]), Value(b_in[i]), params.s));
  }
}

// Offsets of the operands at output element i. Divisions are dear, and strides looked up by a variable index too.
fn operand_offsets(i: u32) -> vec2u {
  if (EQUAL_SHAPES) { return vec2u(i); }
  if (AXES == 2u) {
    let above = i / params.extents[0].x;
    let at = i - above * params.extents[0].x;
    return at * vec2u(params.a_strides[0].x, params.b_strides[0].x)
      + above * vec2u(params.a_strides[0].y, params.b_strides[0].y);
  }
  var rest = i;
  var offsets = vec2u(0u);
  let outermost = AXES - 1u;
  for (var axis = 0u; axis < outermost; axis++) {
    let above = rest / params.extents[axis / 4u][axis % 4u];
    let at = rest - above * params.extents[axis / 4u][axis % 4u];
    offsets += at * vec2u(params.a_strides[axis / 4u][axis % 4u], params.b_strides[axis / 4u][axis % 4u]);
    rest = above;
  }
  return offsets
    + rest * vec2u(params.a_strides[outermost / 4u][outermost % 4u], params.b_strides[outermost / 4u][outermost % 4u]);
}

@compute @workgroup_size(WORKGROUP)
fn binary(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    let at = operand_offsets(i);
    combined[i] = StoredValue(combine(Value(left[at.x]), Value(right[at.y])));
  }
}

@compute @workgroup_size(WORKGROUP)
fn binary_backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    let at = operand_offsets(i);
    d_out[i] = ResultValue(gradient(Value(g_in[i]), Value(a_in[at.x]), Value(b_in[at.y])));
  }
}

@compute @workgroup_size(WORKGROUP)
fn accumulate(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    running[i] = StoredValue(Value(running[i]) + Value(x_in[i]));
  }
}

@compute @workgroup_size(WORKGROUP)
fn fill(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    filled[i] = StoredValue(Value(params.s));
  }
}
