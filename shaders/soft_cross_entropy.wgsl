// Cross-entropy of logits [rows, classes] with a weight for each class of each row. An invocation takes a row forward and
// an element backward: classes are few.

struct Params {
  rows: u32,
  classes: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<f32>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
// Largest logit, sum of exp(logit - largest), and sum of the weights, of each row.
@group(0) @binding(4) var<storage, read_write> row_sums: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn row_losses(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.y * groups.x * WORKGROUP + id.x;
  if (row >= params.rows) {
    return;
  }
  let first = row * params.classes;
  var largest = logits[first];
  for (var k = 1u; k < params.classes; k++) {
    largest = max(largest, logits[first + k]);
  }
  var total = 0.0;
  for (var k = 0u; k < params.classes; k++) {
    total += exp(max(logits[first + k] - largest, -87.0));
  }
  let log_total = log(total);
  var loss = 0.0;
  var mass = 0.0;
  for (var k = 0u; k < params.classes; k++) {
    loss += targets[first + k] * (log_total - (logits[first + k] - largest));
    mass += targets[first + k];
  }
  losses[row] = loss;
  row_sums[row] = vec4f(largest, total, mass, 0.0);
}

@group(0) @binding(3) var<storage, read> saved_sums: array<vec4f>;
@group(0) @binding(4) var<storage, read> loss_gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn row_gradients(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.rows * params.classes) {
    return;
  }
  let sums = saved_sums[i / params.classes];
  let probability = exp(max(logits[i] - sums.x, -87.0)) / sums.y;
  gradient[i] = loss_gradient[0] * (sums.z * probability - targets[i]) / f32(params.rows);
}
