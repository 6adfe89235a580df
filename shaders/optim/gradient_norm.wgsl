// joins: nothing
// Global norm of gradients that lie in several arenas, scale * sqrt(sum g^2): `square_sums` of each arena, partial sums of
// all arenas side by side; then, once those are added up, `norm`.

struct Params {
  // Vectors of four in this arena.
  size: u32,
  // Partial sums of this arena, one an invocation, and where they begin.
  count: u32,
  first: u32,
  // Vectors that one invocation sums.
  rounds: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
// square_sums
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;
// norm. Bits rather than floats: a compiler may assume that no float is infinite or NaN.
@group(0) @binding(1) var<storage, read> total_bits: array<u32>;
// As in adamw.wgsl.
@group(0) @binding(2) var<storage, read> hyperparameters: array<f32>;
@group(0) @binding(3) var<storage, read_write> norm_bits: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn square_sums(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * WORKGROUP + id.x;
  if (i >= params.count) {
    return;
  }
  // A workgroup takes one contiguous run, its invocations side by side.
  let first = (i / WORKGROUP) * WORKGROUP * params.rounds + i % WORKGROUP;
  let last = min(first + WORKGROUP * params.rounds, params.size);
  var total = vec4f();
  for (var at = first; at < last; at += WORKGROUP) {
    total += gradients[at] * gradients[at];
  }
  partials[params.first + i] = (total.x + total.y) + (total.z + total.w);
}

@compute @workgroup_size(1)
fn norm() {
  let bits = total_bits[0];
  let finite = (bits & 0x7f800000u) != 0x7f800000u;
  if (finite) {
    norm_bits[0] = bitcast<u32>(sqrt(bitcast<f32>(bits)) * hyperparameters[3]);
  } else {
    norm_bits[0] = bits;
  }
}
