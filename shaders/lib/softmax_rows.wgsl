// Softmax of logits [rows, classes], the largest logit subtracted first so that no exponential overflows: an invocation
// takes a row, classes are few.

struct Params {
  rows: u32,
  classes: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;

fn index_of(id: vec3u, groups: vec3u) -> u32 {
  return id.y * groups.x * WORKGROUP + id.x;
}

// Largest logit of the row that begins at `first`, and sum of exp(logit - largest).
fn sums_of_row(first: u32) -> vec2f {
  var largest = logits[first];
  for (var k = 1u; k < params.classes; k++) {
    largest = max(largest, logits[first + k]);
  }
  var total = 0.0;
  for (var k = 0u; k < params.classes; k++) {
    total += exp_ieee(logits[first + k] - largest);
  }
  return vec2f(largest, total);
}

fn probability(i: u32, sums: vec2f) -> f32 {
  return exp_ieee(logits[i] - sums.x) / sums.y;
}
