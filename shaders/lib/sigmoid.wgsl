// 1 / (1 + e^-x), 0 from where that is below all normal numbers, whose exponential would overflow. For what multiplies by
// x besides: whether NaN comes through is the driver's affair.

fn sigmoid(x: Value) -> Value {
  let flat = x < Value(-88.0);
  return select(Value(1.0) / (Value(1.0) + exp(select(-x, Value(0.0), flat))), Value(0.0), flat);
}
