// joins: lib/stored_{f32,f16}, lib/result_{f32,f16}
// Mean squared error over n elements: partial sums of squared differences, and the gradient by either side.
//
//   loss = 1/n sum (p - t)^2      dp = dloss 2/n (p - t)      dt = -dp
//
// `plain` and `vectors` differ only in how many elements they take at once.

struct Params {
  // Elements, or vectors of four.
  size: u32,
  // Partial sums: one an invocation.
  count: u32,
  // Elements that one invocation sums.
  rounds: u32,
  // Of the gradient: 2 / number of elements, negative for the target's side.
  factor: f32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> prediction: array<Stored>;
@group(0) @binding(2) var<storage, read> targets: array<f32>;
@group(0) @binding(1) var<storage, read> prediction4: array<Stored4>;
@group(0) @binding(2) var<storage, read> targets4: array<vec4f>;
// sum_plain, sum_vectors
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
// gradient_plain, gradient_vectors
@group(0) @binding(3) var<storage, read> loss_gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<Result>;
@group(0) @binding(4) var<storage, read_write> gradient4: array<Result4>;

fn index_of(id: vec3u, groups: vec3u) -> u32 {
  return id.y * groups.x * WORKGROUP + id.x;
}

// A workgroup takes one contiguous run, its invocations side by side.
fn first_of(i: u32) -> u32 {
  return (i / WORKGROUP) * WORKGROUP * params.rounds + i % WORKGROUP;
}

@compute @workgroup_size(WORKGROUP)
fn sum_plain(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i >= params.count) {
    return;
  }
  let first = first_of(i);
  let last = min(first + WORKGROUP * params.rounds, params.size);
  var total = 0.0;
  for (var at = first; at < last; at += WORKGROUP) {
    let difference = f32(prediction[at]) - targets[at];
    total += difference * difference;
  }
  partials[i] = total;
}

@compute @workgroup_size(WORKGROUP)
fn sum_vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i >= params.count) {
    return;
  }
  let first = first_of(i);
  let last = min(first + WORKGROUP * params.rounds, params.size);
  var total = vec4f();
  for (var at = first; at < last; at += WORKGROUP) {
    let difference = vec4f(prediction4[at]) - targets4[at];
    total += difference * difference;
  }
  partials[i] = (total.x + total.y) + (total.z + total.w);
}

@compute @workgroup_size(WORKGROUP)
fn gradient_plain(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    gradient[i] = Result(loss_gradient[0] * params.factor * (f32(prediction[i]) - targets[i]));
  }
}

@compute @workgroup_size(WORKGROUP)
fn gradient_vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i < params.size) {
    gradient4[i] = Result4(loss_gradient[0] * params.factor * (vec4f(prediction4[i]) - targets4[i]));
  }
}
