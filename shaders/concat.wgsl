// Up to 4 tensors side by side: rows of each make one run of the rows of the whole; and the way back. Joined after
// values_*.wgsl; all sizes count elements of arrays.

struct Params {
  widths: vec4u,  // of a row of each tensor, 0 for those that are not there
  columns: u32,   // their sum
  size: u32,      // elements of all of them
  row: u32,       // of a row of the whole
  first: u32,     // where the first of them begins in it
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;

// Which tensor, which element of it, and the place in the whole.
struct Place {
  piece: u32,
  element: u32,
  at: u32,
}

fn place_of(i: u32) -> Place {
  let row = i / params.columns;
  var column = i - row * params.columns;
  let at = row * params.row + params.first + column;
  var piece = 0u;
  while (column >= params.widths[piece]) {
    column -= params.widths[piece];
    piece++;
  }
  return Place(piece, row * params.widths[piece] + column, at);
}

fn index_of(id: vec3u, groups: vec3u) -> u32 {
  return id.y * groups.x * WORKGROUP + id.x;
}

@group(0) @binding(1) var<storage, read> x0: array<StoredValue>;
@group(0) @binding(2) var<storage, read> x1: array<StoredValue>;
@group(0) @binding(3) var<storage, read> x2: array<StoredValue>;
@group(0) @binding(4) var<storage, read> x3: array<StoredValue>;
@group(0) @binding(5) var<storage, read_write> whole: array<StoredValue>;

@compute @workgroup_size(WORKGROUP)
fn join(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i >= params.size) {
    return;
  }
  let place = place_of(i);
  switch place.piece {
    case 0u: { whole[place.at] = x0[place.element]; }
    case 1u: { whole[place.at] = x1[place.element]; }
    case 2u: { whole[place.at] = x2[place.element]; }
    default: { whole[place.at] = x3[place.element]; }
  }
}

@group(0) @binding(1) var<storage, read> gradient: array<StoredValue>;
@group(0) @binding(2) var<storage, read_write> d0: array<StoredValue>;
@group(0) @binding(3) var<storage, read_write> d1: array<StoredValue>;
@group(0) @binding(4) var<storage, read_write> d2: array<StoredValue>;
@group(0) @binding(5) var<storage, read_write> d3: array<StoredValue>;

@compute @workgroup_size(WORKGROUP)
fn split(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = index_of(id, groups);
  if (i >= params.size) {
    return;
  }
  let place = place_of(i);
  let value = gradient[place.at];
  switch place.piece {
    case 0u: { d0[place.element] = value; }
    case 1u: { d1[place.element] = value; }
    case 2u: { d2[place.element] = value; }
    default: { d3[place.element] = value; }
  }
}
