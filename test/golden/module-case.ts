import { add, backward, type Engine, mul, Random, sum, type Tensor } from '../../engine/index.ts';
import type { Weights } from '../../model/block.ts';
import { ModuleState, type Packed } from '../../model/state.ts';
import { Initialization } from '../../model/weights.ts';
import type { CaseReport } from './compare.ts';
import { countOf, type GoldenFile, truthOf } from './golden-file.ts';
import { expandCorner, type Layout, takeCorner, toOurs, toReference } from './layout.ts';

/** An output of a module, and how it is laid out against the reference's. */
export type Output = Tensor | { readonly tensor: Tensor; readonly layout: Layout };
export type Outputs = Readonly<Record<string, Output>>;

/** Initial values that the case's own replace. */
export const anyInit = new Initialization(new Random(1));

/** One case of a module: hands out its inputs and weights, then compares what came of them. */
export class ModuleCase {
  readonly engine: Engine;
  readonly file: GoldenFile;
  readonly #inputs: { name: string; tensor: Tensor; layout: Layout | undefined }[] = [];
  readonly #states: { state: ModuleState; prefix: string; dispose: () => void }[] = [];

  constructor(engine: Engine, file: GoldenFile) {
    this.engine = engine;
    this.file = file;
  }

  count(key: string): number {
    return countOf(this.file, key);
  }

  /** `in.<name>`, under another shape of the same order or in another layout, as a leaf that wants a gradient. */
  input(name: string, { shape, layout, requiresGrad = true }: InputOptions = {}): Tensor {
    const truth = truthOf(this.file, `in.${name}`);
    const values = layout ? toOurs(truth.data, truth.shape, layout) : truth;
    const tensor = this.engine.tensor(Float32Array.from(values.data), shape ?? values.shape, {
      requiresGrad,
    });
    if (requiresGrad) this.#inputs.push({ name, tensor, layout });
    return tensor;
  }

  /** Parameters with the values of `w.<name>`; the model's names may have a `prefix` before the file's. */
  weights(packed: readonly Packed[], prefix = ''): Weights {
    return this.state(packed, prefix).get;
  }

  state(packed: readonly Packed[], prefix = ''): { state: ModuleState; get: Weights } {
    const arenas = this.engine.parameters(ModuleState.specs('', packed));
    const state = new ModuleState('', packed, arenas);
    const values = [...state.shapes].map(([name, shape]) => {
      const truth = truthOf(this.file, `w.${name.slice(prefix.length)}`);
      const whole = truth.shape.join() === shape.join();
      return [
        name,
        { shape, data: whole ? Float32Array.from(truth.data) : expandCorner(truth.data, truth.shape, shape) },
      ] as const;
    });
    state.load(this.engine, new Map(values));
    this.#states.push({ state, prefix, dispose: () => arenas.dispose() });
    return { state, get: (key) => state.get(key) };
  }

  /** Those of a module's parameters that the case has. */
  present(packed: readonly Packed[]): Packed[] {
    return packed.filter(({ parts }) => parts.every(({ name }) => this.file.tensors.has(`w.${name}`)));
  }

  /** Compares outputs, the loss sum(out R), and the gradients of every input and weight. */
  async compare(outputs: Outputs, report: CaseReport): Promise<void> {
    const { engine, file } = this;
    const seen = new Set<string>();
    const results = new Map<string, Float32Array>();
    for (const [name, output] of Object.entries(outputs)) {
      const { tensor, layout } = 'layout' in output ? output : { tensor: output, layout: undefined };
      const truth = truthOf(file, `out.${name}`);
      const values = await engine.read(tensor);
      const ours = layout ? toReference(values, truth.shape, layout) : values;
      report.tensor('outputs', `out.${name}`, ours, truth);
      results.set(`out.${name}`, ours);
      seen.add(`out.${name}`);
    }
    const loss = this.#loss(outputs);
    const whole = this.#wholeLoss((name) => results.get(name) ?? []);
    const magnitude = this.#wholeLoss((name) => truthOf(file, name).data, Math.abs);
    report.cancelling('loss', whole, truthOf(file, 'loss').data[0] ?? Number.NaN, magnitude);
    if (loss.requiresGrad) await this.#compareGradients(loss, report, seen);
    for (const name of file.tensors.keys()) {
      if (!/^(out|grad)\./.test(name) || seen.has(name)) continue;
      if (UNSEEN.test(name)) continue;
      if (name.startsWith('grad.') && !loss.requiresGrad)
        report.note(`${name} not compared: the engine's op has no gradient`);
      else throw new Error(`${file.name}: nothing was compared with ${name}.`);
    }
  }

  dispose(): void {
    for (const { dispose } of this.#states) dispose();
  }

  #loss(outputs: Outputs): Tensor {
    const terms = [...this.file.tensors].flatMap(([key, { data, shape }]) => {
      if (!key.startsWith('R.')) return [];
      const output = outputs[key.slice(2)];
      if (!output) throw new Error(`${this.file.name}: there is ${key} but no such output.`);
      const { tensor, layout } = 'layout' in output ? output : { tensor: output, layout: undefined };
      const factor = layout ? toOurs(data, shape, layout).data : Float32Array.from(data);
      return [sum(mul(tensor, this.engine.tensor(factor, tensor.shape)))];
    });
    return terms.reduce((total, term) => add(total, term));
  }

  /** The loss of some outputs, summed in float64: its terms cancel, and how they are summed is not the module's. */
  #wholeLoss(outputs: (name: string) => ArrayLike<number>, term = (product: number) => product): number {
    let total = 0;
    for (const [key, { data }] of this.file.tensors) {
      if (!key.startsWith('R.')) continue;
      const out = outputs(`out.${key.slice(2)}`);
      for (let i = 0; i < data.length; i++) total += term((data[i] as number) * (out[i] as number));
    }
    return total;
  }

  async #compareGradients(loss: Tensor, report: CaseReport, seen: Set<string>): Promise<void> {
    const gradients = backward(loss);
    for (const { name, tensor, layout } of this.#inputs) {
      const truth = truthOf(this.file, `grad.${name}`);
      const gradient = gradients.get(tensor);
      const values = gradient ? await this.engine.read(gradient) : new Float32Array(tensor.size);
      report.tensor(
        'gradients',
        `grad.${name}`,
        layout ? toReference(values, truth.shape, layout) : values,
        truth,
      );
      seen.add(`grad.${name}`);
    }
    for (const { state, prefix } of this.#states) {
      for (const [name, { shape, data }] of await readGradients(this.engine, state)) {
        const key = `grad.${name.slice(prefix.length)}`;
        const truth = truthOf(this.file, key);
        const corner = takeCorner(data, shape, truth.shape);
        report.tensor('gradients', key, corner.data, truth);
        if (corner.data !== data) report.holds('gradients', `${key} beyond the corner`, corner.restIsZero);
        seen.add(key);
      }
    }
  }
}

interface InputOptions {
  readonly shape?: readonly number[];
  readonly layout?: Layout;
  readonly requiresGrad?: boolean;
}

/** The results of the stem's first layers never leave its kernel; what they lead to is compared. */
const UNSEEN = /^out\.stage[01]$/;

/** Gradients of a module's parameters by the authors' names. */
export async function readGradients(engine: Engine, state: ModuleState) {
  const values = new Map<string, Float32Array>();
  for (const { key } of state.packed) values.set(key, await engine.read(state.get(key).grad));
  return state.split((parameter) => {
    const found = [...values].find(([key]) => state.get(key) === parameter);
    return found?.[1] ?? new Float32Array(parameter.size);
  });
}
