// What Result is: how a kernel leaves what it makes, where that may differ from what it reads.

enable f16;

alias Result = f16;
alias Result4 = vec4<f16>;
