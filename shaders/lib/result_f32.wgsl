// What Result is: how a kernel leaves what it makes, where that may differ from what it reads.

alias Result = f32;
alias Result4 = vec4f;
