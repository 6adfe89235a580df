// What one element of an array is: 4 values. For rows whose length is a multiple of 4. Arithmetic is done on Value.

alias Value = vec4f;
alias StoredValue = Stored4;
alias ResultValue = Result4;
alias Bits = vec4u;
alias Flags = vec4<bool>;
const VALUES = 4u;

// Sum of the values of one element.
fn total(v: Value) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}

fn first_of(v: Value) -> f32 {
  return v.x;
}
