// GELU in its tanh form (Hendrycks and Gimpel 2016, arXiv:1606.08415), written as x times a sigmoid: no digits lost near
// 0, one exponential. With u = 2 sqrt(2 / pi) (x + 0.044715 x^3) and s = sigmoid(u):
//
//   gelu(x) = x/2 (1 + tanh(u / 2)) = x s      gelu'(x) = s + x s (1 - s) u'      u' = 2 sqrt(2 / pi) (1 + 0.134145 x^2)

fn gelu_argument(x: Value) -> Value {
  return 1.5957691216057308 * (x + 0.044715 * x * x * x);
}

fn gelu(x: Value) -> Value {
  return x * sigmoid(gelu_argument(x));
}

fn gelu_derivative(x: Value) -> Value {
  let u = gelu_argument(x);
  let gate = sigmoid(u);
  // Far out the gate is flat, and the slope would be infinite before x is.
  let slope = select(1.5957691216057308 * (Value(1.0) + 0.134145 * x * x), Value(0.0), abs(u) > Value(88.0));
  return gate + x * gate * (Value(1.0) - gate) * slope;
}
