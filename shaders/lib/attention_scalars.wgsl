// How the attention kernels reach their tensors where a head is not whole vectors of 4 wide: element by element,
// columns past the head's end read as zero and not written.

@group(0) @binding(1) var<storage, read> q: array<Stored>;
@group(0) @binding(2) var<storage, read> kv: array<Stored>;
@group(0) @binding(3) var<storage, read> g: array<Stored>;
@group(0) @binding(3) var<storage, read_write> o: array<Stored>;
@group(0) @binding(5) var<storage, read> attended: array<Stored>;
@group(0) @binding(6) var<storage, read_write> dx: array<Stored>;

fn columns(c: u32) -> vec4u {
  return vec4u(c, c + 1u, c + 2u, c + 3u);
}

fn inside(c: u32) -> vec4<bool> {
  return columns(c) < vec4u(params.head_size);
}

fn elements(at: u32, c: u32) -> vec4u {
  return at + min(columns(c), vec4u(params.head_size - 1u));
}

fn load_q(at: u32, c: u32) -> vec4f {
  let i = elements(at, c);
  return select(vec4f(0.0), vec4f(f32(q[i.x]), f32(q[i.y]), f32(q[i.z]), f32(q[i.w])), inside(c));
}

fn load_kv(at: u32, c: u32) -> vec4f {
  let i = elements(at, c);
  return select(vec4f(0.0), vec4f(f32(kv[i.x]), f32(kv[i.y]), f32(kv[i.z]), f32(kv[i.w])), inside(c));
}

fn load_g(at: u32, c: u32) -> vec4f {
  let i = elements(at, c);
  return select(vec4f(0.0), vec4f(f32(g[i.x]), f32(g[i.y]), f32(g[i.z]), f32(g[i.w])), inside(c));
}

fn load_attended(at: u32, c: u32) -> vec4f {
  let i = elements(at, c);
  let values = vec4f(f32(attended[i.x]), f32(attended[i.y]), f32(attended[i.z]), f32(attended[i.w]));
  return select(vec4f(0.0), values, inside(c));
}

fn store_o(at: u32, c: u32, value: vec4f) {
  for (var e = 0u; e < min(4u, params.head_size - c); e++) {
    o[at + c + e] = Stored(value[e]);
  }
}

fn store_dx(at: u32, c: u32, value: vec4f) {
  for (var e = 0u; e < min(4u, params.head_size - c); e++) {
    dx[at + c + e] = Stored(value[e]);
  }
}
