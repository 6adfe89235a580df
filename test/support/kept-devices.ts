/**
 * For files that share a process: an engine that is opened after another was disposed gets its device again. Opening
 * another one compiles every kernel anew, which takes a software adapter longer than what most tests compute; Dawn
 * finds what it has compiled on the same device alone, and as long as somebody holds it.
 */
import '../../engine/platform/dawn-node.ts';

interface Kept {
  readonly device: GPUDevice;
  /** Modules, layouts and pipelines. */
  readonly compiled: unknown[];
  lent: boolean;
}

/** By adapter and what was asked of it. */
const kept = new Map<string, Kept[]>();

const { requestDevice } = GPUAdapter.prototype;
GPUAdapter.prototype.requestDevice = async function (wishes?: GPUDeviceDescriptor): Promise<GPUDevice> {
  const { vendor, architecture, description } = this.info;
  // The limits tell WebGPU's feature levels apart.
  const { maxComputeInvocationsPerWorkgroup: most } = this.limits;
  const key = JSON.stringify([vendor, architecture, description, most, wishes]);
  const own = kept.get(key) ?? [];
  kept.set(key, own);
  const free = own.find(({ lent }) => !lent);
  if (free) return lend(free);
  const opened: Kept = { device: await requestDevice.call(this, wishes), compiled: [], lent: false };
  own.push(opened);
  void opened.device.lost.then(() => own.splice(own.indexOf(opened), 1));
  return lend(opened);
};

const COMPILES = /^create(ShaderModule|BindGroupLayout|PipelineLayout|ComputePipelineAsync)$/;
const TAKES_MEMORY = /^create(Buffer|QuerySet)$/;

/** The device for one who opens it: destroying it frees what was made on it, and gives it back. */
function lend(one: Kept): GPUDevice {
  const { device, compiled } = one;
  one.lent = true;
  const made: WeakRef<GPUBuffer | GPUQuerySet>[] = [];
  let over = false;
  const listeners: [string, EventListener][] = [];
  let end = (_info: GPUDeviceLostInfo) => {};
  const ended = new Promise<GPUDeviceLostInfo>((resolve) => {
    end = resolve;
  });
  /** What this one who opens it has for itself, with what it puts in place of methods. */
  const own: Record<string, unknown> = {
    lost: Promise.race([device.lost, ended]),
    addEventListener: (name: string, listener: EventListener) => {
      listeners.push([name, listener]);
      device.addEventListener(name, listener);
    },
    destroy: () => {
      if (over) return;
      over = true;
      for (const each of made) each.deref()?.destroy();
      for (const [name, listener] of listeners) device.removeEventListener(name, listener);
      end({ reason: 'destroyed', message: 'Device was destroyed.' } as GPUDeviceLostInfo);
      one.lent = false;
    },
  };
  return new Proxy(device, {
    set(_, name: string, value: unknown) {
      own[name] = value;
      return true;
    },
    get(_, name: string) {
      if (Object.hasOwn(own, name)) return own[name];
      const value: unknown = Reflect.get(device, name, device);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        const result: unknown = value.apply(device, given);
        if (TAKES_MEMORY.test(name)) made.push(new WeakRef(result as GPUBuffer));
        // Whoever asked for what does not compile is told so.
        if (COMPILES.test(name))
          Promise.resolve(result).then(
            (each) => compiled.push(each),
            () => {},
          );
        return result;
      };
    },
  });
}
