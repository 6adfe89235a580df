// What Stored is: how a kernel finds its activations in memory. Arithmetic is f32 whatever this says.

enable f16;

alias Stored = f16;
alias Stored4 = vec4<f16>;
