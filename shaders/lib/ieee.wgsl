// NaN, infinity and zero as IEEE 754 has them. WGSL lets compilers assume that no float is NaN or infinite, and drivers
// differ: min, max and clamp drop NaN, exp(NaN) can be infinite, log(-1) can be 0. So NaN is found and made by its
// bits, which no compiler assumes anything about.

const MAGNITUDE = 0x7fffffffu;
const INFINITE = 0x7f800000u;
const QUIET_NAN = 0x7fc00000u;

// `y`, but NaN where `flags` are set.
fn nan_where(y: Value, flags: Flags) -> Value {
  return bitcast<Value>(bitcast<Bits>(y) | select(Bits(0u), Bits(QUIET_NAN), flags));
}

// `y`, but NaN where `x` is.
fn nan_with(y: Value, x: Value) -> Value {
  return nan_where(y, (bitcast<Bits>(x) & Bits(MAGNITUDE)) > Bits(INFINITE));
}

// `y`, but NaN where `x` is NaN or infinite: for what is made of a sum that has left the range of f32, whose
// reciprocal would be 0.
fn nan_unless_finite(y: Value, x: Value) -> Value {
  return nan_where(y, (bitcast<Bits>(x) & Bits(INFINITE)) == Bits(INFINITE));
}

fn exp_ieee(x: Value) -> Value {
  return nan_with(exp(x), x);
}

fn sqrt_ieee(x: Value) -> Value {
  return nan_where(nan_with(sqrt(x), x), x < Value(0.0));
}

// Drivers take a subnormal number for 0, so that of its bits, a count of 2^-149, is taken.
fn log_ieee(x: Value) -> Value {
  let bits = bitcast<Bits>(x);
  let magnitude = bits & Bits(MAGNITUDE);
  let tiny = magnitude < Bits(0x00800000u);
  let y = log(select(x, Value(magnitude), tiny)) - select(Value(0.0), Value(103.27893), tiny);
  let edges = select(bitcast<Bits>(y), Bits(0xff800000u), magnitude == Bits(0u));
  let known = bitcast<Value>(select(edges, bits, bits == Bits(INFINITE)));
  return nan_where(known, (bits > Bits(INFINITE)) & (magnitude != Bits(0u)));
}
