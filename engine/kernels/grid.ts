import type { Recorder } from '../gpu/recorder.ts';

/** Invocations a workgroup of the one-dimensional kernels. */
export const LINEAR_WORKGROUP = 64;

/**
 * Workgroups for `count` invocations, folded into two dimensions where one would pass the device's limit.
 * Kernels find their index as `id.y * num_workgroups.x * WORKGROUP + id.x`.
 */
export function linearGrid(
  recorder: Recorder,
  count: number,
  workgroup = LINEAR_WORKGROUP,
): [number, number] {
  const groups = Math.ceil(count / workgroup);
  const most = recorder.device.limits.maxComputeWorkgroupsPerDimension;
  const rows = Math.ceil(groups / most);
  return [Math.ceil(groups / rows), rows];
}
