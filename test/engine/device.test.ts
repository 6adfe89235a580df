import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  add,
  backward,
  DeviceLostError,
  DTypeError,
  defineOp,
  EngineError,
  GradientError,
  OutOfMemoryError,
  openEngine,
  ShapeError,
  square,
  sum,
  type Tensor,
} from '../../engine/index.ts';
import { runUnary } from '../../engine/kernels/elementwise.ts';
import { testEngine } from '../support/engine.ts';

describe('a lost device', () => {
  it('is said by name to whatever uses it next, and by a promise', async () => {
    const engine = await openEngine();
    const x = engine.tensor([1, 2], [2]);
    const step = engine.step('sum', (y) => [sum(y)]);
    await step.run({ data: Float32Array.of(1), shape: [1] });
    engine.device.gpu.destroy();
    expect(await engine.device.lost).toBeInstanceOf(DeviceLostError);
    expect(() => square(x)).toThrow(DeviceLostError);
    await expect(engine.read(x)).rejects.toThrow(/was lost .*open the engine again/);
    await expect(step.run({ data: Float32Array.of(1), shape: [1] })).rejects.toThrow(DeviceLostError);
  });
});

describe('errors come before anything reaches the device', () => {
  it('of shapes, types, gradients and engines', async () => {
    const engine = await testEngine();
    const other = await openEngine();
    const before = engine.recorder.counts.dispatches;
    using _scope = engine.scope();
    const [a, b] = [engine.zeros([2, 3]), engine.zeros([4])];
    expect(() => add(a, b)).toThrow(
      new ShapeError(
        'add: shapes [2, 3] and [4] do not broadcast: 3 against 4 at axis -1; extents must agree or be 1.',
      ),
    );
    expect(() => square(engine.tensor(Uint32Array.of(1), [1]))).toThrow(DTypeError);
    expect(() => backward(sum(a))).toThrow(GradientError);
    expect(() => backward(square(engine.tensor([1, 2], [2], { requiresGrad: true })))).toThrow(
      /not a scalar/,
    );
    const rounded = defineOp({
      name: 'rounded, of this test',
      inputs: ['f32'],
      shape: ([x]) => x,
      forward: () => {},
      backward: 'nondifferentiable',
    });
    expect(() => rounded([engine.tensor([1], [1], { requiresGrad: true })], null)).toThrow(/has no gradient/);
    expect(() => add(a, other.zeros([2, 3]))).toThrow(EngineError);
    expect(() => engine.zeros([0, 2])).toThrow(/at least 1/);
    expect(() => engine.tensor([1, 2, 3], [2])).toThrow(/3 values for shape \[2\]/);
    const limit = Math.min(
      engine.device.limits.maxStorageBufferBindingSize,
      engine.device.limits.maxBufferSize,
    );
    expect(() => engine.zeros([limit / 4 + 1])).toThrow(OutOfMemoryError);
    expect(engine.recorder.counts.dispatches).toBe(before);
    other.dispose();
  });
});

describe('defineOp', () => {
  it('types inputs, attributes, what is saved and gradients by the declaration, and holds calls to it', async () => {
    const engine = await testEngine();
    using _scope = engine.scope();
    const times = defineOp({
      name: 'times, of this test',
      inputs: ['f32', 'u32'],
      shape: ([x], _: { readonly factor: number }) => x,
      forward: ({ inputs, attributes, output, empty }) => {
        expectTypeOf(inputs).toEqualTypeOf<readonly [Tensor, Tensor]>();
        expectTypeOf(attributes).toEqualTypeOf<{ readonly factor: number }>();
        runUnary('scale', inputs[0], attributes.factor, output);
        return { kept: empty({ shape: [1] }), inputs };
      },
      backward: ({ attributes, saved, needsGrad, grad, gradientSlot }) => {
        expectTypeOf(saved).toEqualTypeOf<{ kept: Tensor; inputs: readonly [Tensor, Tensor] }>();
        expectTypeOf(needsGrad).toEqualTypeOf<readonly [boolean, boolean]>();
        expect(saved.inputs[0].shape).toEqual(grad.shape);
        const dx = gradientSlot(0);
        runUnary('scale', grad, attributes.factor, dx);
        return [dx, null];
      },
    });
    const x = engine.tensor([1, 2], [2], { requiresGrad: true });
    const labels = engine.tensor(Uint32Array.of(1), [1]);
    const gradients = backward(sum(times([x, labels], { factor: 3 })));
    expect([...(await engine.read(gradients.get(x) as Tensor))]).toEqual([3, 3]);
    // @ts-expect-error one tensor too few
    expect(() => times([x], { factor: 3 })).toThrow(
      new ShapeError('times, of this test: the number of tensors is 1; it must be 2.'),
    );
    // @ts-expect-error one tensor too many
    expect(() => times([x, labels, x], { factor: 3 })).toThrow(ShapeError);
  });
});
