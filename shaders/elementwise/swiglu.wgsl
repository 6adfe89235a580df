// joins: lib/stored_{f32,f16}, lib/result_f32, lib/values_{1,4}, lib/sigmoid
// SwiGLU, y = silu(gate) up with silu(x) = x sigmoid(x), for rows that hold the gates and then the ups (Shazeer 2020,
// arXiv:2002.05202). The gradients, from g and with s = sigmoid(gate):
//
//   d gate = g up s (1 + gate (1 - s))      d up = g gate s

struct Params {
  size: u32,    // elements of y
  width: u32,   // elements of a row of y; a row of x has twice as many
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<StoredValue>;
// forward
@group(0) @binding(2) var<storage, read_write> y: array<StoredValue>;
// input_gradient
@group(0) @binding(2) var<storage, read> grad: array<StoredValue>;
@group(0) @binding(3) var<storage, read_write> dx: array<StoredValue>;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.size) {
    return;
  }
  let at = i + i / params.width * params.width;
  let gate = Value(x[at]);
  y[i] = StoredValue(gate * sigmoid(gate) * Value(x[at + params.width]));
}

@compute @workgroup_size(WORKGROUP)
fn input_gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.size) {
    return;
  }
  let at = i + i / params.width * params.width;
  let gate = Value(x[at]);
  let open = sigmoid(gate);
  let g = Value(grad[i]);
  dx[at] = StoredValue(g * Value(x[at + params.width]) * open * (Value(1.0) + gate * (Value(1.0) - open)));
  dx[at + params.width] = StoredValue(g * gate * open);
}
