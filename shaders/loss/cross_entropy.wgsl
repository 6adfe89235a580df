// joins: lib/stored_f32, lib/result_f32, lib/values_1, lib/ieee, lib/softmax_rows
// Cross-entropy with one label a row, the mean over the rows:
//
//   loss = 1/R sum_r ( log sum_k e^(z_rk) - z_r,label )      dz = dloss / R (softmax(z) - onehot(label))
//
// An invocation takes a row forward and an element backward. The loss and the gradients of a row whose label is no class
// are NaN.

// 0 and 1 are in lib/softmax_rows.wgsl: params, logits.
@group(0) @binding(2) var<storage, read> labels: array<u32>;
// row_losses; row_sums holds what `sums_of_row` gives
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
@group(0) @binding(4) var<storage, read_write> row_sums: array<vec2f>;
// row_gradients
@group(0) @binding(3) var<storage, read> saved_sums: array<vec2f>;
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
  let label = labels[row];
  let loss = log_ieee(sums.y) - (logits[first + min(label, params.classes - 1u)] - sums.x);
  losses[row] = nan_where(loss, label >= params.classes);
  row_sums[row] = sums;
}

@compute @workgroup_size(WORKGROUP)
fn row_gradients(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i >= params.rows * params.classes) {
    return;
  }
  let row = i / params.classes;
  let label = labels[row];
  let one_hot = select(0.0, 1.0, i % params.classes == label);
  let by_logit = loss_gradient[0] * (probability(i, saved_sums[row]) - one_hot) / f32(params.rows);
  gradient[i] = nan_where(by_logit, label >= params.classes);
}
