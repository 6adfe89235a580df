// For kernels whose invocations exchange values.
enable subgroups;
// That quads are complete and in order does not follow from the text: matmul/quads_in_order.wgsl asks the device before.
diagnostic(off, subgroup_uniformity);
