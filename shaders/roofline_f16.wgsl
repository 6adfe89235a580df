// Element type of roofline.wgsl; needs half.wgsl before it.

alias number = f16;
