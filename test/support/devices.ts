import { requestAdapter } from '#platform';
import { type DeviceWishes, deviceOn, WISHES } from '../../engine/device.ts';
import { Engine } from '../../engine/index.ts';
import type { AdapterKind } from '../../engine/platform/types.ts';

/** Neither a limit raised nor a feature: what every device has. */
const NOTHING: DeviceWishes = { limits: [], features: [] };

export interface DeviceToTry {
  readonly name: string;
  /** The least limits of all are those of `compatibility`. */
  readonly level: 'core' | 'compatibility';
  readonly wishes: DeviceWishes;
  /** Takes the tables' rows for this kind of adapter, whatever the adapter is. */
  readonly kind: AdapterKind;
  /** Invocations of a workgroup that the device must be found to allow at most, or null for the adapter's own. */
  readonly invocations: number | null;
}

/** Devices that this adapter can pass for, besides itself. */
export const DEVICES: readonly DeviceToTry[] = [
  { name: 'a graphics card', level: 'core', wishes: WISHES, kind: 'hardware', invocations: null },
  {
    name: "WebGPU's default limits and no feature",
    level: 'core',
    wishes: NOTHING,
    kind: 'software',
    invocations: 256,
  },
  {
    name: 'the limits of OpenGL ES and no feature',
    level: 'compatibility',
    wishes: NOTHING,
    kind: 'software',
    invocations: 128,
  },
  {
    name: 'a graphics card with the limits of OpenGL ES',
    level: 'compatibility',
    wishes: NOTHING,
    kind: 'hardware',
    invocations: 128,
  },
];

/** What is not given is the adapter's own. */
export async function engineOn({
  level,
  wishes,
  kind,
}: Pick<DeviceToTry, 'level'> & Partial<DeviceToTry>): Promise<Engine> {
  const opened = await requestAdapter({ featureLevel: level });
  return new Engine(await deviceOn({ ...opened, kind: kind ?? opened.kind }, wishes));
}
