// Elementwise operations. `forward` and `derivative` stand for the expressions of one row of the table in
// engine/kernels/elementwise.ts; everything else is the same for every row. Joined after values_1.wgsl and gelu.wgsl.

struct Params {
  // Strides of the two operands along the (up to 8) merged axes of the output, 0 along a broadcast axis.
  extent_lo: vec4u, extent_hi: vec4u,
  a_lo: vec4u, a_hi: vec4u,
  b_lo: vec4u, b_hi: vec4u,
  size: u32,
  s: f32,
  // Elements after which an operand repeats, where only leading axes are broadcast.
  a_period: u32, b_period: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;

fn forward(x: f32, s: f32) -> f32 { return x; }
fn derivative(g: f32, x: f32, y: f32, s: f32) -> f32 { return g; }
fn combine(a: f32, b: f32) -> f32 { return a; }
fn combine4(a: vec4f, b: vec4f) -> vec4f { return a; }
fn gradient(g: f32, a: f32, b: f32) -> f32 { return g; }
fn gradient4(g: vec4f, a: vec4f, b: vec4f) -> vec4f { return g; }

fn tanh_safe(x: f32) -> f32 {
  // Drivers compute tanh from exponentials: they overflow where it is 1 anyway, and lose all digits near 0.
  let series = x * (1.0 - x * x * (0.33333333 - x * x * 0.13333333));
  return select(tanh(clamp(x, -15.0, 15.0)), series, abs(x) < 0.1);
}

// Derivatives from x, since 1 - y loses all digits where the function is flat.
fn sigmoid_derivative(x: f32) -> f32 {
  let e = exp(-min(abs(x), 80.0));
  return e / ((1.0 + e) * (1.0 + e));
}

fn tanh_derivative(x: f32) -> f32 {
  return 4.0 * sigmoid_derivative(2.0 * x);
}

fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(clamp(-x, -80.0, 80.0)));
}

fn index_of(id: vec3u, groups: vec3u) -> u32 {
  return id.y * groups.x * WORKGROUP + id.x;
}

@group(0) @binding(1) var<storage, read> x_in: array<Stored>;
@group(0) @binding(2) var<storage, read_write> y_out: array<Stored>;

@compute @workgroup_size(WORKGROUP)
fn unary(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    y_out[i] = Stored(forward(f32(x_in[i]), params.s));
  }
}

// y_out (binding 2) of `unary` is `b_in` here: one file, one set of bindings a kernel.
@group(0) @binding(1) var<storage, read> g_in: array<Stored>;
@group(0) @binding(2) var<storage, read> a_in: array<Stored>;
@group(0) @binding(3) var<storage, read> b_in: array<Stored>;
@group(0) @binding(4) var<storage, read_write> d_out: array<Stored>;

@compute @workgroup_size(WORKGROUP)
fn unary_backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    d_out[i] = Stored(derivative(f32(g_in[i]), f32(a_in[i]), f32(b_in[i]), params.s));
  }
}

// Offsets of the operands at output element i.
fn operand_offsets(i: u32) -> vec2u {
  var rest = i;
  var a = 0u;
  var b = 0u;
  for (var axis = 0u; axis < 4u; axis++) {
    let at = rest % params.extent_lo[axis];
    rest /= params.extent_lo[axis];
    a += at * params.a_lo[axis];
    b += at * params.b_lo[axis];
  }
  if (rest > 0u) {
    for (var axis = 0u; axis < 4u; axis++) {
      let at = rest % params.extent_hi[axis];
      rest /= params.extent_hi[axis];
      a += at * params.a_hi[axis];
      b += at * params.b_hi[axis];
    }
  }
  return vec2u(a, b);
}

@group(0) @binding(1) var<storage, read> left: array<Stored>;
@group(0) @binding(2) var<storage, read> right: array<Stored>;
@group(0) @binding(3) var<storage, read_write> combined: array<Stored>;

@compute @workgroup_size(WORKGROUP)
fn binary(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    let at = operand_offsets(i);
    combined[i] = Stored(combine(f32(left[at.x]), f32(right[at.y])));
  }
}

@compute @workgroup_size(WORKGROUP)
fn binary_backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    let at = operand_offsets(i);
    d_out[i] = Stored(gradient(f32(g_in[i]), f32(a_in[at.x]), f32(b_in[at.y])));
  }
}

// The same for operands that only lack leading axes (or nothing), in vectors of 4: most of a model's additions.
@group(0) @binding(1) var<storage, read> left4: array<Stored4>;
@group(0) @binding(2) var<storage, read> right4: array<Stored4>;
@group(0) @binding(3) var<storage, read_write> combined4: array<Stored4>;

@compute @workgroup_size(WORKGROUP)
fn binary_vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    combined4[i] = Stored4(combine4(vec4f(left4[i % params.a_period]), vec4f(right4[i % params.b_period])));
  }
}

@group(0) @binding(1) var<storage, read> g4: array<Stored4>;
@group(0) @binding(2) var<storage, read> a4: array<Stored4>;
@group(0) @binding(3) var<storage, read> b4: array<Stored4>;
@group(0) @binding(4) var<storage, read_write> d4: array<Stored4>;

@compute @workgroup_size(WORKGROUP)
fn binary_backward_vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    d4[i] = Stored4(gradient4(vec4f(g4[i]), vec4f(a4[i % params.a_period]), vec4f(b4[i % params.b_period])));
  }
}

// running += x, in place.
@group(0) @binding(2) var<storage, read_write> running: array<Stored>;

@compute @workgroup_size(WORKGROUP)
fn accumulate(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    running[i] = Stored(f32(running[i]) + f32(x_in[i]));
  }
}

@group(0) @binding(1) var<storage, read_write> filled: array<Stored>;

@compute @workgroup_size(WORKGROUP)
fn fill(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    filled[i] = Stored(params.s);
  }
}
