// `number` is f32 or f16, by the line that is put before this text.
// What the adapter can do at most: multiply-adds from registers, and nothing else. Each entry keeps independent
// accumulators, so that no multiply-add waits for the one before it; their count and kind differ, since compilers
// differ in which of them they keep in registers. Factors come from memory, so that nothing can be computed beforehand.

struct Params {
  rounds: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> factors: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

fn factor(at: u32) -> vec4<number> {
  return vec4<number>(number(factors[at]), number(factors[at + 1u]), number(factors[at + 2u]), number(factors[at + 3u]));
}

fn matrix(at: u32) -> mat4x4<number> {
  return mat4x4<number>(factor(at), factor(at + 4u), factor(at + 8u), factor(at + 12u));
}

fn keep(at: u32, value: vec4<number>) {
  sums[at] = f32(value.x + value.y + value.z + value.w);
}

// 4 chains of 4: 32 multiply-adds a round.
@compute @workgroup_size(WORKGROUP)
fn vectors_4(@builtin(global_invocation_id) id: vec3u) {
  let a = factor(id.x % 4u);
  let b = factor(4u);
  var c0 = a; var c1 = a + b; var c2 = a - b; var c3 = b;
  for (var round = params.rounds; round > 0u; round--) {
    c0 = c0 * a + b; c1 = c1 * a + b; c2 = c2 * a + b; c3 = c3 * a + b;
    c0 = c0 * a + b; c1 = c1 * a + b; c2 = c2 * a + b; c3 = c3 * a + b;
  }
  keep(id.x, c0 + c1 + c2 + c3);
}

// 8 chains of 4, by fma: 64 multiply-adds a round.
@compute @workgroup_size(WORKGROUP)
fn vectors_8(@builtin(global_invocation_id) id: vec3u) {
  let a = factor(id.x % 4u);
  let b = factor(4u);
  var c0 = a; var c1 = a + b; var c2 = a - b; var c3 = b; var c4 = -a; var c5 = -b; var c6 = a * b; var c7 = a + a;
  for (var round = params.rounds; round > 0u; round--) {
    c0 = fma(c0, a, b); c1 = fma(c1, a, b); c2 = fma(c2, a, b); c3 = fma(c3, a, b);
    c4 = fma(c4, a, b); c5 = fma(c5, a, b); c6 = fma(c6, a, b); c7 = fma(c7, a, b);
    c0 = fma(c0, a, b); c1 = fma(c1, a, b); c2 = fma(c2, a, b); c3 = fma(c3, a, b);
    c4 = fma(c4, a, b); c5 = fma(c5, a, b); c6 = fma(c6, a, b); c7 = fma(c7, a, b);
  }
  keep(id.x, c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7);
}

// 8 chains of one value: 64 multiply-adds a round. Fits the few registers of a processor's vector unit, where an
// adapter gives each invocation one lane.
@compute @workgroup_size(WORKGROUP)
fn scalars_8(@builtin(global_invocation_id) id: vec3u) {
  let a = factor(id.x % 4u).x;
  let b = factor(4u).x;
  var c0 = a; var c1 = a + b; var c2 = a - b; var c3 = b; var c4 = -a; var c5 = -b; var c6 = a * b; var c7 = a + a;
  for (var round = params.rounds; round > 0u; round--) {
    c0 = c0 * a + b; c1 = c1 * a + b; c2 = c2 * a + b; c3 = c3 * a + b;
    c4 = c4 * a + b; c5 = c5 * a + b; c6 = c6 * a + b; c7 = c7 * a + b;
    c0 = c0 * a + b; c1 = c1 * a + b; c2 = c2 * a + b; c3 = c3 * a + b;
    c4 = c4 * a + b; c5 = c5 * a + b; c6 = c6 * a + b; c7 = c7 * a + b;
    c0 = c0 * a + b; c1 = c1 * a + b; c2 = c2 * a + b; c3 = c3 * a + b;
    c4 = c4 * a + b; c5 = c5 * a + b; c6 = c6 * a + b; c7 = c7 * a + b;
    c0 = c0 * a + b; c1 = c1 * a + b; c2 = c2 * a + b; c3 = c3 * a + b;
    c4 = c4 * a + b; c5 = c5 * a + b; c6 = c6 * a + b; c7 = c7 * a + b;
    c0 = c0 * a + b; c1 = c1 * a + b; c2 = c2 * a + b; c3 = c3 * a + b;
    c4 = c4 * a + b; c5 = c5 * a + b; c6 = c6 * a + b; c7 = c7 * a + b;
    c0 = c0 * a + b; c1 = c1 * a + b; c2 = c2 * a + b; c3 = c3 * a + b;
    c4 = c4 * a + b; c5 = c5 * a + b; c6 = c6 * a + b; c7 = c7 * a + b;
    c0 = c0 * a + b; c1 = c1 * a + b; c2 = c2 * a + b; c3 = c3 * a + b;
    c4 = c4 * a + b; c5 = c5 * a + b; c6 = c6 * a + b; c7 = c7 * a + b;
    c0 = c0 * a + b; c1 = c1 * a + b; c2 = c2 * a + b; c3 = c3 * a + b;
    c4 = c4 * a + b; c5 = c5 * a + b; c6 = c6 * a + b; c7 = c7 * a + b;
  }
  keep(id.x, vec4<number>(c0 + c1, c2 + c3, c4 + c5, c6 + c7));
}

// 2 chains of matrices: 2 x 64 multiply-adds a round.
@compute @workgroup_size(WORKGROUP)
fn matrices_2(@builtin(global_invocation_id) id: vec3u) {
  let a = matrix(id.x % 4u);
  let b = matrix(4u);
  var c0 = a; var c1 = b;
  for (var round = params.rounds; round > 0u; round--) {
    c0 = a * c0 + b; c1 = a * c1 + b;
  }
  let c = c0 + c1;
  keep(id.x, c[0] + c[1] + c[2] + c[3]);
}

// 4 accumulators of 4 x 4, as in the blocked matrix product, operands in registers: 4 x 64 multiply-adds a round. The
// operands trade places, so that no product repeats the last one.
@compute @workgroup_size(WORKGROUP)
fn matrices_4(@builtin(global_invocation_id) id: vec3u) {
  var a0 = matrix(id.x % 4u); var a1 = matrix(4u);
  var b0 = matrix(8u); var b1 = transpose(b0);
  var c00 = a0; var c01 = a1; var c10 = b0; var c11 = b1;
  for (var round = params.rounds; round > 0u; round--) {
    c00 += b0 * a0; c01 += b1 * a0;
    c10 += b0 * a1; c11 += b1 * a1;
    let first = a0[0];
    a0 = mat4x4<number>(a0[1], a0[2], a0[3], a1[0]);
    a1 = mat4x4<number>(a1[1], a1[2], a1[3], first);
  }
  let c = c00 + c01 + c10 + c11;
  keep(id.x, c[0] + c[1] + c[2] + c[3]);
}
