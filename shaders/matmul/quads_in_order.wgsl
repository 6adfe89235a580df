// joins: nothing
// Asks the device whether the quads of a subgroup are the workgroup's invocations 4q to 4q + 3, in order, which
// matmul/quads_*.wgsl rest on and WebGPU does not promise. Every invocation answers 1 for yes.
enable subgroups;

override WORKGROUP_Y: u32 = 1;

@group(0) @binding(0) var<storage, read_write> answers: array<u32>;

@compute @workgroup_size(4, WORKGROUP_Y)
fn in_order(@builtin(local_invocation_index) index: u32) {
  let beside = quadSwapX(index);
  let below = quadSwapY(index);
  let across = quadSwapDiagonal(index);
  answers[index] = u32(all(vec3u(beside, below, across) == (vec3u(index) ^ vec3u(1u, 2u, 3u))));
}
