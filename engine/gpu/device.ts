import { requestAdapter } from '#platform';
import { AdapterError, DeviceLostError, EngineError, HalfError, OutOfMemoryError } from '../errors.ts';
import type { AdapterChoice, AdapterKind, OpenedAdapter } from '../platform/types.ts';
import { askForQuads } from './quads.ts';

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
  /** What went wrong where the device was asked about its quads and did not answer; null otherwise. */
  readonly quadsFailure: string | null;
  /** Names of the matmul kernels that were measured to be best here, by class of shape; empty where nobody tuned. */
  tuned: ReadonlyMap<string, string>;
  /** Resolves when the device is lost, however that came. */
  readonly lost: Promise<DeviceLostError>;
  /** Set as soon as the device is lost, or the engine closed: everything after throws it. */
  lostError: DeviceLostError | null;
  /** What the device complained of outside of any error scope; thrown, once, by whatever waits for it next. */
  fault: EngineError | null;
  /** Error scopes are one stack a device: whoever needs them waits for this. */
  scopes: Promise<unknown>;
}

/** What a device is asked to have. */
export interface DeviceWishes {
  /** Limits wanted at the value that the adapter reports; those not named are WebGPU's defaults. */
  readonly limits: readonly LimitName[];
  /** Wanted where the adapter has them. */
  readonly features: readonly GPUFeatureName[];
}

type LimitName = Exclude<keyof GPUSupportedLimits, '__brand'>;

/** The default limits suffice for every kernel; some of them (128 MiB bindings) are small for base models. */
export const WISHES: DeviceWishes = {
  limits: [
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxComputeWorkgroupStorageSize',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupSizeX',
    'maxComputeWorkgroupSizeY',
  ],
  features: ['shader-f16', 'subgroups', 'timestamp-query'],
};

/** @throws HalfError where the device cannot store f16 */
export function requireHalf({ features, description }: Device): void {
  if (features.has('shader-f16')) return;
  throw new HalfError(
    `The adapter "${description}" has no "shader-f16", without which nothing can be stored as f16; use f32, or another adapter.`,
  );
}

/**
 * Opens a device on the adapter that `choice` names (default: hardware if any answers, else software).
 * @throws AdapterError when there is none, with the line that installs one.
 */
export async function openDevice(choice: AdapterChoice = 'auto'): Promise<Device> {
  return deviceOn(await requestAdapter({ adapter: choice }));
}

/**
 * Opens a device on an adapter.
 * @throws AdapterError where the adapter refuses, DeviceLostError where the device is lost at once.
 */
export async function deviceOn(opened: OpenedAdapter, wishes: DeviceWishes = WISHES): Promise<Device> {
  const { kind, description, why } = opened;
  const gpu = await requestDevice(opened, wishes);
  const lost = gpu.lost.then(
    (info) =>
      new DeviceLostError(
        `The WebGPU device "${description}" was lost (${info.reason}: ${info.message || 'no message'}); open the engine again.`,
      ),
  );
  const quads = await askForQuads(gpu);
  const device: Device = {
    gpu,
    kind,
    description,
    why,
    limits: gpu.limits,
    features: new Set(gpu.features),
    quads: quads.inOrder,
    quadsFailure: quads.failure,
    tuned: new Map(),
    lostError: null,
    fault: null,
    scopes: Promise.resolve(),
    lost,
  };
  lost.then((error) => {
    device.lostError ??= error;
  });
  gpu.addEventListener('uncapturederror', ({ error }) => {
    device.fault ??=
      error instanceof GPUOutOfMemoryError
        ? new OutOfMemoryError(
            `The device is out of memory (${error.message}); use fewer or smaller tensors.`,
          )
        : new EngineError(`The device refused a command: ${error.message}`);
  });
  // A device that was lost while it was asked is an error, not one without quads.
  await Promise.resolve();
  if (device.lostError) throw device.lostError;
  return device;
}

async function requestDevice(
  { adapter, description }: OpenedAdapter,
  { limits, features }: DeviceWishes,
): Promise<GPUDevice> {
  // A browser that does not know a limit reports nothing for it, and refuses a wish for it.
  const known = limits.filter((name) => adapter.limits[name] !== undefined);
  try {
    return await adapter.requestDevice({
      requiredLimits: Object.fromEntries(known.map((name) => [name, adapter.limits[name]])),
      requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
    });
  } catch (cause) {
    throw new AdapterError(
      `The adapter "${description}" did not open a device (${cause instanceof Error ? cause.message : String(cause)}); update its driver, or choose another one.`,
      { cause },
    );
  }
}
