// How the attention kernels reach their tensors where a head is whole vectors of 4 wide. `at` is the element where
// the head's columns start in a row, `c` a column of the head; both are multiples of 4.

@group(0) @binding(1) var<storage, read> q: array<Stored4>;
@group(0) @binding(2) var<storage, read> kv: array<Stored4>;
@group(0) @binding(3) var<storage, read> g: array<Stored4>;
@group(0) @binding(3) var<storage, read_write> o: array<Stored4>;
@group(0) @binding(5) var<storage, read> attended: array<Stored4>;
@group(0) @binding(6) var<storage, read_write> dx: array<Stored4>;

fn load_q(at: u32, c: u32) -> vec4f {
  return vec4f(q[(at + c) / 4u]);
}

fn load_kv(at: u32, c: u32) -> vec4f {
  return vec4f(kv[(at + c) / 4u]);
}

fn load_g(at: u32, c: u32) -> vec4f {
  return vec4f(g[(at + c) / 4u]);
}

fn load_attended(at: u32, c: u32) -> vec4f {
  return vec4f(attended[(at + c) / 4u]);
}

fn store_o(at: u32, c: u32, value: vec4f) {
  o[(at + c) / 4u] = Stored4(value);
}

fn store_dx(at: u32, c: u32, value: vec4f) {
  dx[(at + c) / 4u] = Stored4(value);
}
