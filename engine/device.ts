import { requestAdapter } from '#platform';
import { AdapterError, DeviceLostError, EngineError, OutOfMemoryError } from './errors.ts';
import type { AdapterChoice, AdapterKind } from './platform/types.ts';
import { quadsInOrder } from './quads.ts';

/** An opened WebGPU device with what the engine asked of it. */
export interface Device {
  readonly gpu: GPUDevice;
  readonly kind: AdapterKind;
  /** Adapter, vendor and back end in one line. */
  readonly description: string;
  /** Why this adapter and no other, one sentence. */
  readonly why: string;
  readonly limits: GPUSupportedLimits;
  readonly features: ReadonlySet<string>;
  /** Whether quads are four invocations of a workgroup in a row: see `quads.ts`. */
  readonly quads: boolean;
  /** Names of the product kernels that were measured to be best here, by class of shape; empty where nobody tuned. */
  tuned: ReadonlyMap<string, string>;
  /** Resolves when the device is lost, however that came. */
  readonly lost: Promise<DeviceLostError>;
  /** Set as soon as the device is lost: everything after throws it. */
  lostError: DeviceLostError | null;
  /** What the device complained of outside of any error scope; thrown, once, by whatever waits for it next. */
  fault: EngineError | null;
  /** Error scopes are one stack a device: whoever needs them waits for this. */
  scopes: Promise<unknown>;
}

/** Asked for at the value that the adapter reports: the defaults (128 MiB bindings) are small for base models. */
const RAISED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
] as const;

const OPTIONAL_FEATURES: readonly GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query'];

/** Throws AdapterError where the device cannot store f16. */
export function requireHalf({ features, description }: Device): void {
  if (features.has('shader-f16')) return;
  throw new AdapterError(
    `The adapter "${description}" has no "shader-f16", without which nothing can be stored as f16; use f32 (--precision f32), or another adapter.`,
  );
}

/**
 * Opens a device on the adapter that `choice` names (default: hardware if any answers, else software).
 * @throws AdapterError when there is none, with the line that installs one.
 */
export async function openDevice(choice: AdapterChoice = 'auto'): Promise<Device> {
  const { adapter, kind, description, why } = await requestAdapter({ adapter: choice });
  const requiredLimits: Record<string, number> = {};
  for (const name of RAISED_LIMITS) requiredLimits[name] = adapter.limits[name];
  const requiredFeatures = OPTIONAL_FEATURES.filter((feature) => adapter.features.has(feature));
  let gpu: GPUDevice;
  try {
    gpu = await adapter.requestDevice({ requiredLimits, requiredFeatures });
  } catch (cause) {
    throw new AdapterError(
      `The adapter "${description}" did not open a device (${cause instanceof Error ? cause.message : String(cause)}); update its driver, or choose another one.`,
      { cause },
    );
  }
  const device: Device = {
    gpu,
    kind,
    description,
    why,
    limits: gpu.limits,
    features: new Set(gpu.features),
    quads: await quadsInOrder(gpu),
    tuned: new Map(),
    lostError: null,
    fault: null,
    scopes: Promise.resolve(),
    lost: gpu.lost.then((info) => {
      device.lostError = new DeviceLostError(
        `The WebGPU device "${description}" was lost (${info.reason}: ${info.message || 'no message'}); open the engine again and continue from the last checkpoint.`,
      );
      return device.lostError;
    }),
  };
  gpu.addEventListener('uncapturederror', ({ error }) => {
    device.fault ??=
      error instanceof GPUOutOfMemoryError
        ? new OutOfMemoryError(
            `The device is out of memory (${error.message}); use a smaller batch, model or window.`,
          )
        : new EngineError(`The device refused a command: ${error.message}`);
  });
  return device;
}
