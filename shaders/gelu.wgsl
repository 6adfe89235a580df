// GELU in its tanh form, written as x times a sigmoid: no digits lost near 0, one exponential.

fn gelu_gate(x: Value) -> Value {
  let u = 1.5957691216057308 * (x + 0.044715 * x * x * x);
  // Against overflow; a choice is cheaper than min and max on a processor.
  return Value(1.0) / (Value(1.0) + exp(select(-u, Value(80.0), u < Value(-80.0))));
}

fn gelu(x: Value) -> Value {
  return x * gelu_gate(x);
}

fn gelu_derivative(x: Value) -> Value {
  let gate = gelu_gate(x);
  let slope = 1.5957691216057308 * (Value(1.0) + 0.134145 * x * x);
  return gate + x * gate * (Value(1.0) - gate) * slope;
}
