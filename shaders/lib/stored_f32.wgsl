// What Stored is: how a kernel finds its activations in memory. Arithmetic is f32 whatever this says.

alias Stored = f32;
alias Stored4 = vec4f;
