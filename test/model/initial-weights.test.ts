import { describe, expect, it } from 'vitest';
import type { PretrainOptions, PretrainState } from '../../model/index.ts';
import { stateDigests } from '../support/digest.ts';
import { testEngine } from '../support/engine.ts';
import { maxError, toyTrainer } from '../support/toy-trainer.ts';

describe('initial weights', () => {
  const deviationOf = (values: ArrayLike<number>) =>
    Math.sqrt(Array.from(values).reduce((sum, value) => sum + value ** 2, 0) / values.length);

  it('are those that their names say, each from a stream of its own', async () => {
    const engine = await testEngine();
    const stateOf = (options: Partial<PretrainOptions>) => toyTrainer(engine, options).state();
    const paper = await stateOf({});
    const explicit = await stateOf({ positionInit: 'zeros', weightInit: 'paper' });
    expect(await stateDigests(explicit)).toEqual(await stateDigests(paper));
    const [normal, wide] = [await stateOf({ positionInit: 'normal' }), await stateOf({ weightInit: 'wide' })];
    const of = (state: PretrainState, part: 'encoder' | 'decoder', name: string) =>
      state[part].get(name)?.data as Float32Array;
    expect(deviationOf(of(paper, 'encoder', 'pos_embed'))).toBe(0);
    expect(deviationOf(of(paper, 'decoder', 'pos_embed'))).toBe(0);
    expect(deviationOf(of(normal, 'encoder', 'pos_embed'))).toBeCloseTo(0.3, 2);
    expect(deviationOf(of(normal, 'decoder', 'pos_embed'))).toBeCloseTo(1, 2);
    expect(deviationOf(of(wide, 'encoder', 'pos_embed'))).toBe(0);
    expect(deviationOf(of(wide, 'encoder', 'cls_token'))).toBeGreaterThan(0.4);
    expect(deviationOf(of(paper, 'encoder', 'cls_token'))).toBe(0);
    for (const [part, names] of [
      ['encoder', paper.encoder],
      ['decoder', paper.decoder],
    ] as const)
      for (const [name, { data }] of names) {
        const [a, b] = [of(normal, part, name), of(wide, part, name)];
        if (name !== 'pos_embed') expect(a, `${name}: positions alone`).toEqual(data);
        const isWeight = /(wq|wk|wv|wo|proj|conv\.0|conv\.3)\.weight$/.test(name);
        const factor = name === 'mask_token' ? 0.02 : isWeight ? Math.sqrt(3) : 1;
        if (name === 'cls_token') continue;
        const wanted = data.map((value) => factor * value);
        expect(maxError(b, wanted).error || 0, name).toBeLessThan(1e-6);
      }
  });

  it('of other names are refused', async () => {
    const engine = await testEngine();
    expect(() => toyTrainer(engine, { positionInit: 'ones' as never })).toThrow(
      /positionInit is "ones"; it must be one of zeros, normal/,
    );
  });
});
