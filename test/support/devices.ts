import { requestAdapter } from '#platform';
import { type DeviceWishes, deviceOn } from '../../engine/gpu/device.ts';
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
}

/** The least devices that there are, as the adapter at hand can pass for them; those between are tried by `npm run test:deno`. */
export const DEVICES: readonly DeviceToTry[] = [
  {
    name: 'the limits of OpenGL ES and no feature',
    level: 'compatibility',
    wishes: NOTHING,
    kind: 'software',
  },
  {
    name: 'a graphics card with the limits of OpenGL ES',
    level: 'compatibility',
    wishes: NOTHING,
    kind: 'hardware',
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
