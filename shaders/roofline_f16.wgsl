// Element type of roofline.wgsl.

enable f16;

alias number = f16;
