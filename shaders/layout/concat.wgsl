// joins: lib/stored_{f32,f16}, lib/result_f32, lib/values_{1,4}
// Up to 4 tensors side by side: rows of each make one run of the rows of the whole (`join`); and the way back, which is
// also the gradient (`split`). All sizes count elements of arrays.

struct Params {
  widths: vec4u,  // of a row of each tensor, 0 for those that are not there
  columns: u32,   // their sum
  size: u32,      // elements of all of them
  row: u32,       // of a row of the whole
  first: u32,     // where the first of them begins in it
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
// join
@group(0) @binding(1) var<storage, read> x0: array<StoredValue>;
@group(0) @binding(2) var<storage, read> x1: array<StoredValue>;
@group(0) @binding(3) var<storage, read> x2: array<StoredValue>;
@group(0) @binding(4) var<storage, read> x3: array<StoredValue>;
@group(0) @binding(5) var<storage, read_write> whole: array<StoredValue>;
// split
@group(0) @binding(1) var<storage, read> gradient: array<StoredValue>;
@group(0) @binding(2) var<storage, read_write> d0: array<StoredValue>;
@group(0) @binding(3) var<storage, read_write> d1: array<StoredValue>;
@group(0) @binding(4) var<storage, read_write> d2: array<StoredValue>;
@group(0) @binding(5) var<storage, read_write> d3: array<StoredValue>;

// Which tensor, which element of it, and which element of the whole.
struct Slot {
  tensor: u32,
  element: u32,
  at: u32,
}

fn slot_of(i: u32) -> Slot {
  let row = i / params.columns;
  var column = i - row * params.columns;
  let at = row * params.row + params.first + column;
  var tensor = 0u;
  while (column >= params.widths[tensor]) {
    column -= params.widths[tensor];
    tensor++;
  }
  return Slot(tensor, row * params.widths[tensor] + column, at);
}

fn index_of(id: vec3u, groups: vec3u) -> u32 {
  return id.y * groups.x * WORKGROUP + id.x;
}

@compute @workgroup_size(WORKGROUP)
fn join(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i >= params.size) {
    return;
  }
  let slot = slot_of(i);
  switch slot.tensor {
    case 0u: { whole[slot.at] = x0[slot.element]; }
    case 1u: { whole[slot.at] = x1[slot.element]; }
    case 2u: { whole[slot.at] = x2[slot.element]; }
    default: { whole[slot.at] = x3[slot.element]; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn split(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i >= params.size) {
    return;
  }
  let slot = slot_of(i);
  let value = gradient[slot.at];
  switch slot.tensor {
    case 0u: { d0[slot.element] = value; }
    case 1u: { d1[slot.element] = value; }
    case 2u: { d2[slot.element] = value; }
    default: { d3[slot.element] = value; }
  }
}
