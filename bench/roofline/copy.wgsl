// A copy of vectors: the memory roof, and at a few vectors the cost of a dispatch.

struct Params {
  size: u32,  // in vectors
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> copied: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn copy(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = id.y * groups.x * WORKGROUP + id.x;
  if (at < params.size) {
    copied[at] = source[at];
  }
}

// Four vectors an invocation, a workgroup's width apart: neighbours read neighbouring vectors.
@compute @workgroup_size(WORKGROUP)
fn copy_4(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let first = (group.y * groups.x + group.x) * 4u * WORKGROUP + local.x;
  for (var i = 0u; i < 4u; i++) {
    let at = first + i * WORKGROUP;
    if (at < params.size) {
      copied[at] = source[at];
    }
  }
}
