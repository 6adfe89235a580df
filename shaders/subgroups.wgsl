// Stands before everything else in a kernel whose invocations exchange values.
enable subgroups;
// That quads are complete and in order does not follow from the text: quads.wgsl asks the device before they are used.
diagnostic(off, subgroup_uniformity);
