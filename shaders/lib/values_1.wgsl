// What one element of an array is: a single value. For rows of any length. Arithmetic is done on Value.

alias Value = f32;
alias StoredValue = Stored;
alias ResultValue = Result;
alias Bits = u32;
alias Flags = bool;
const VALUES = 1u;

fn total(v: Value) -> f32 {
  return v;
}

fn first_of(v: Value) -> f32 {
  return v;
}
