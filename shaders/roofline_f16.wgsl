enable f16;

// Element type of roofline.wgsl.

alias number = f16;
