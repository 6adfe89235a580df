import { AdamW, constantInit, type Engine } from '../../engine/index.ts';
import { ModuleState, single } from '../../model/state.ts';
import type { CaseReport } from './compare.ts';
import { countOf, type GoldenFile, truthOf } from './golden-file.ts';

/** Steps of AdamW with given gradients, clipped, beside a parameter that never gets any. */
export async function runOptimizer(engine: Engine, file: GoldenFile, report: CaseReport): Promise<void> {
  const names = [...file.tensors.keys()].filter((key) => /^in\.p/.test(key)).map((key) => key.slice(3));
  const packed = names.map((name) => {
    const { shape, data } = truthOf(file, `in.${name}`);
    return single({ name, shape, init: (values) => values.set(data) });
  });
  const arenas = engine.parameters(ModuleState.specs('', packed));
  const unused = truthOf(file, 'out.unused');
  const state = new ModuleState('', packed, arenas, [
    { name: 'unused', shape: unused.shape, init: constantInit(1) },
  ]);
  const [beta1 = Number.NaN, beta2 = Number.NaN] = file.config.betas as number[];
  const optimizer = new AdamW(arenas, {
    betas: [beta1, beta2],
    eps: countOf(file, 'eps'),
    weightDecay: countOf(file, 'weight_decay'),
    maxGradNorm: countOf(file, 'max_norm'),
  });
  const rates = truthOf(file, 'lr').data;
  const after = new Map(names.map((name) => [name, [] as number[]]));
  const norms: number[] = [];
  for (const [step, lr] of rates.entries()) {
    using _scope = engine.scope();
    for (const name of names) {
      const { grad } = arenas.get(name);
      const all = truthOf(file, `in.${name.replace(/^p/, 'g')}`).data;
      engine.write(grad, Float32Array.from(all.subarray(step * grad.size, (step + 1) * grad.size)));
    }
    const hyperparameters = optimizer.hyperparameters(lr, step + 1);
    const { gradNorm } = optimizer.update(engine.tensor(hyperparameters.data, hyperparameters.shape));
    norms.push((await engine.read(gradNorm))[0] ?? Number.NaN);
    const saved = await state.save(engine);
    for (const name of names) after.get(name)?.push(...(saved.get(name)?.data ?? []));
  }
  report.series('gradients', 'out.grad_norm', norms, truthOf(file, 'out.grad_norm'));
  const moments = await optimizer.read();
  for (const name of names) {
    report.tensor('outputs', `out.${name}_after`, after.get(name) ?? [], truthOf(file, `out.${name}_after`));
    for (const moment of ['exp_avg', 'exp_avg_sq'] as const) {
      const key = `out.${name}_${moment}`;
      report.tensor('outputs', key, moments[moment].get(name) ?? [], truthOf(file, key));
    }
  }
  const kept = (await state.save(engine)).get('unused')?.data ?? [];
  report.holds(
    'outputs',
    'out.unused',
    unused.data.every((value, i) => value === kept[i]),
  );
  arenas.dispose();
}
