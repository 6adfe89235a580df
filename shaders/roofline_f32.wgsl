// Element type of roofline.wgsl.

alias number = f32;
