// What one element of an array is: a single value. For rows of any length.

alias Value = f32;
const VALUES = 1u;

fn total(v: Value) -> f32 {
  return v;
}

fn first_of(v: Value) -> f32 {
  return v;
}
