// joins: lib/stored_f32, lib/result_f32, lib/values_1, lib/ieee, lib/softmax_rows
// Cross-entropy with a weight t for each class of each row, the mean over the rows:
//
//   loss = 1/R sum_r sum_k t_rk ( log sum_j e^(z_rj) - z_rk )      dz = dloss / R ( (sum_k t_k) softmax(z) - t )
//
// An invocation takes a row forward and an element backward.

// 0 and 1 are in lib/softmax_rows.wgsl: params, logits.
@group(0) @binding(2) var<storage, read> targets: array<f32>;
// row_losses; row_sums holds what `sums_of_row` gives, then the sum of the weights
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
@group(0) @binding(4) var<storage, read_write> row_sums: array<vec4f>;
// row_gradients
@group(0) @binding(3) var<storage, read> saved_sums: array<vec4f>;
@group(0) @binding(4) var<storage, read> loss_gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn row_losses(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = index_of(id, groups);
  if (row >= params.rows) {
    return;
  }
  let first = row * params.classes;
  let sums = sums_of_row(first);
  let log_total = log_ieee(sums.y);
  var loss = 0.0;
  var mass = 0.0;
  for (var k = 0u; k < params.classes; k++) {
    loss += targets[first + k] * (log_total - (logits[first + k] - sums.x));
    mass += targets[first + k];
  }
  losses[row] = loss;
  row_sums[row] = vec4f(sums, mass, 0.0);
}

@compute @workgroup_size(WORKGROUP)
fn row_gradients(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i >= params.rows * params.classes) {
    return;
  }
  let sums = saved_sums[i / params.classes];
  gradient[i] = loss_gradient[0] * (sums.z * probability(i, sums.xy) - targets[i]) / f32(params.rows);
}
