import { describe, expect, it } from 'vitest';
import * as E from '../../engine/index.ts';
import { testEngine } from '../support/engine.ts';

const { DTypeError, EngineError, GradientError, LifetimeError, ShapeError } = E;
const other = await E.openEngine();
const engine = await testEngine();

/** Whatever a person types where types do not hold them back. */
const wrong = (value: unknown) => value as never;
const x = () => engine.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
const vector = (size: number) => engine.tensor(new Float32Array(size).fill(1), [size]);

const thrown = (work: () => unknown): Error => {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

/** Each function with what it takes besides tensors, called on `t` for its first or second tensor. */
const CALLS: Record<string, (first: E.Tensor, second: E.Tensor) => unknown> = {
  add: (a, b) => E.add(a, b),
  sub: (a, b) => E.sub(a, b),
  mul: (a, b) => E.mul(a, b),
  div: (a, b) => E.div(a, b),
  mse: (a, b) => E.mse(a, b),
  matmul: (a, b) => E.matmul(a, b),
  linear: (a, b) => E.linear(a, b),
  rmsNorm: (a, b) => E.rmsNorm(a, b),
  crossEntropy: (a, b) => E.crossEntropy(a, b),
  softCrossEntropy: (a, b) => E.softCrossEntropy(a, b),
  neg: (a) => E.neg(a),
  exp: (a) => E.exp(a),
  log: (a) => E.log(a),
  sqrt: (a) => E.sqrt(a),
  square: (a) => E.square(a),
  tanh: (a) => E.tanh(a),
  sigmoid: (a) => E.sigmoid(a),
  relu: (a) => E.relu(a),
  gelu: (a) => E.gelu(a),
  silu: (a) => E.silu(a),
  softplus: (a) => E.softplus(a),
  swiglu: (a) => E.swiglu(a),
  sum: (a) => E.sum(a),
  mean: (a) => E.mean(a),
  zscorePad: (a) => E.zscorePad(a),
  scale: (a) => E.scale(a, 2),
  addScalar: (a) => E.addScalar(a, 2),
  layerNorm: (a, b) => E.layerNorm(a, b, b),
  stem: (a, b) => E.stem(a, b, b, b, { patch: 1 }),
  selfAttention: (a) => E.selfAttention(a, 1),
  crossAttention: (a, b) => E.crossAttention(a, b, 1),
  attentionPool: (a) => E.attentionPool(a, 1, 'time'),
  reshape: (a) => E.reshape(a, [6]),
  broadcastTo: (a) => E.broadcastTo(a, [2, 2, 3]),
  slice: (a) => E.slice(a, [null]),
  concat: (a, b) => E.concat([a, b], 0),
  cast: (a) => E.cast(a, 'f16'),
  patchSignal: (a) => E.patchSignal(a, 1),
  patchConvolution: (a) => E.patchConvolution(a, vector(2)),
  transposedReconstruction: (a) => E.transposedReconstruction(a, vector(2), null, { channels: 1 }),
  backward: (a) => E.backward(a),
};

it('calls every operation there is', () => {
  const known = Object.keys(CALLS);
  for (const op of E.registeredOps().keys()) expect(known).toContain(op);
});

describe.each(Object.entries(CALLS))('%s', (name, call) => {
  it.each([
    [undefined, 'is missing (undefined)'],
    [null, 'is null'],
    [3, 'is the number 3'],
    ['x', 'is the text "x"'],
    [[1, 2], 'is a list of 2'],
    [Float32Array.of(1), 'is a Float32Array'],
    [{ data: Float32Array.of(1), shape: [1] }, 'is a Object'],
  ])('says that a tensor is %o', (value, said) => {
    const error = thrown(() => call(wrong(value), wrong(value)));
    expect(error).toBeInstanceOf(DTypeError);
    expect(error.message).toMatch(new RegExp(`^${name}: .*`));
    expect(error.message).toContain(`${said}; it must be a tensor`);
  });

  it('says that a tensor was given back', () => {
    const gone = x();
    gone.dispose();
    const error = thrown(() => call(gone, gone));
    expect(error).toBeInstanceOf(LifetimeError);
    expect(error.message).toMatch(new RegExp(`^${name}: .*f32\\[2, 3\\], may not be used\\. .*dispose`));
  });
});

it.each(Object.entries(CALLS).filter(([name]) => E.registeredOps().has(name)))(
  '%s refuses u32 where values belong',
  (name, call) => {
    const error = thrown(() => call(engine.tensor(Uint32Array.of(1), [1]), engine.tensor([1], [1])));
    expect(error).toBeInstanceOf(DTypeError);
    expect(error.message).toMatch(new RegExp(`^${name}: input 0 is u32\\[1\\]; it must be f32`));
  },
);

it('refuses a tensor of another engine', () => {
  const foreign = other.tensor([1], [1]);
  expect(() => E.add(engine.tensor([1], [1]), foreign)).toThrow(EngineError);
  expect(() => E.add(engine.tensor([1], [1]), foreign)).toThrow('add: input 1 belongs to another engine');
  other.dispose();
});

describe('sizes and axes', () => {
  const refused = (work: () => unknown, message: string, kind: typeof EngineError = ShapeError) => {
    const error = thrown(work);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(message);
  };

  it('reshape takes positive whole extents alone', () => {
    refused(() => E.reshape(vector(5), [2.5, 2]), 'reshape: extent 2.5 at axis 0 of [2.5, 2]');
    refused(() => E.reshape(vector(5), [-1, -5]), 'reshape: extent -1 at axis 0 of [-1, -5]');
    refused(() => E.reshape(vector(6), [-1]), 'reshape: extent -1 at axis 0');
    refused(() => E.reshape(vector(6), [Number.NaN]), 'reshape: extent NaN at axis 0');
    refused(() => E.reshape(vector(6), wrong(['6'])), 'reshape: extent 6 at axis 0');
    refused(() => E.reshape(vector(6), wrong(6)), 'reshape: the shape is the number 6');
    refused(() => E.reshape(vector(6), wrong(undefined)), 'reshape: the shape is missing');
    refused(() => E.reshape(vector(6), [0, 6]), 'reshape: extent 0 at axis 0');
    for (const shape of [[5], [2, 2], [7], [2, 4], []])
      refused(() => E.reshape(vector(6), shape), `reshape: [6] has 6 elements and [${shape.join(', ')}] has`);
    refused(() => E.broadcastTo(vector(6), wrong('6')), 'broadcastTo: the shape is the text "6"');
  });

  it('sum and mean take each axis once', () => {
    for (const reduce of [E.sum, E.mean]) {
      const op = reduce === E.sum ? 'sum' : 'mean';
      refused(() => reduce(x(), { axes: [0, 0] }), `${op}: axes [0, 0] name axis 0 twice`);
      refused(() => reduce(x(), { axes: [1, -1] }), `${op}: axes [1, -1] name axis 1 twice`);
      refused(() => reduce(x(), { axes: [2] }), `${op}: axis 2 of a tensor of rank 2; use -2 to 1`);
      refused(() => reduce(x(), { axes: [0.5] }), `${op}: axis 0.5`);
      refused(() => reduce(x(), { axes: wrong(1) }), `${op}: axes is the number 1`);
      refused(() => reduce(x(), { axes: wrong(['0']) }), `${op}: axis 0 of a tensor`);
    }
  });

  it('concat wants at least one tensor and one axis', () => {
    refused(() => E.concat([], 0), 'concat: the list of tensors is empty; pass at least one.');
    refused(
      () => E.concat(wrong(x()), 0),
      'concat: its tensors are a Tensor; pass a list of tensors.',
      DTypeError,
    );
    refused(() => E.concat(wrong(undefined), 0), 'concat: its tensors are missing', DTypeError);
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tried.
    refused(() => E.concat(wrong([x(), , x()]), 0), 'concat: input 1 is missing', DTypeError);
    refused(() => E.concat([x()], Number.NaN), 'concat: axis NaN');
  });

  it('slice wants ranges', () => {
    refused(() => E.slice(x(), wrong(1)), 'slice: the ranges are the number 1');
    refused(() => E.slice(x(), wrong([1, 2])), 'slice: the range at axis 0 of [2, 3] is the number 1');
    refused(() => E.slice(x(), [[0, Number.NaN]]), 'slice: range [0, NaN] at axis 0');
    refused(() => E.slice(x(), wrong([['0', '1']])), 'slice: range [0, 1] at axis 0');
  });

  it('numbers that are none, and words that are not among those known', () => {
    refused(() => E.scale(x(), wrong(undefined)), 'scale: the second argument is missing', DTypeError);
    refused(() => E.addScalar(x(), wrong(x())), 'addScalar: the second argument is a Tensor', DTypeError);
    refused(() => E.rmsNorm(x(), vector(3), { eps: Number.NaN }), 'rmsNorm: eps NaN');
    refused(() => E.rmsNorm(x(), vector(3), { eps: Infinity }), 'rmsNorm: eps Infinity');
    refused(() => E.layerNorm(x(), vector(3), vector(3), { eps: wrong('1') }), 'layerNorm: eps 1');
    refused(
      () => E.layerNorm(x(), vector(3), vector(3), { activation: wrong('relu') }),
      'layerNorm: activation "relu"; it must be "none" or "gelu"',
    );
    refused(
      () => E.matmul(x(), x(), { transposeB: wrong(1) }),
      'matmul: transposeB is the number 1',
      DTypeError,
    );
    refused(() => E.selfAttention(engine.zeros([1, 2, 6]), wrong('1')), 'selfAttention: 1 heads');
    refused(() => E.checkpoint(() => x(), []), 'checkpoint: the list of inputs is empty', EngineError);
  });
});

describe('engine.tensor', () => {
  const refuses = (data: unknown, said: string, shape: readonly number[] = [2]) => {
    const error = thrown(() => engine.tensor(wrong(data), shape));
    expect(error).toBeInstanceOf(DTypeError);
    expect(error.message).toContain(`tensor: ${said}`);
  };

  it('takes numbers in any of the forms that hold f32', async () => {
    using _scope = engine.scope();
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([1.5, Number.NaN]);
    for (const data of [
      [1.5, Number.NaN],
      Float32Array.of(1.5, Number.NaN),
      Float64Array.of(1.5, Number.NaN),
      shared,
    ]) {
      expect(await engine.read(engine.tensor(data, [2]))).toEqual(Float32Array.of(1.5, Number.NaN));
    }
    expect(await engine.read(engine.tensor(Float64Array.of(0.1), [1]))).toEqual(Float32Array.of(0.1));
  });

  it('refuses lists of lists, holes, texts and integers of other kinds', () => {
    refuses(
      [
        [1, 2],
        [3, 4],
      ],
      'element 0 of the data is a list of 2; pass the values flat, in row-major order',
    );
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tried.
    refuses([1, , 3], 'element 1 of the data is missing', [3]);
    refuses([1, '2'], 'element 1 of the data is the text "2"; it must be a number');
    refuses([1n, 2n], 'element 0 of the data is the bigint 1');
    refuses([true, 0], 'element 0 of the data is the boolean true');
    refuses(Int32Array.of(1, 2), 'the data is a Int32Array');
    refuses(BigInt64Array.of(1n, 2n), 'the data is a BigInt64Array');
    refuses(Uint8Array.of(1, 2), 'the data is a Uint8Array');
    refuses('12', 'the data is the text "12"');
    refuses(undefined, 'the data is missing');
    refuses(new DataView(new ArrayBuffer(8)), 'the data is a DataView');
  });

  it('refuses what does not fit its shape, and types that there are not', () => {
    expect(() => engine.tensor([1, 2, 3], [2])).toThrow('tensor: 3 values for shape [2], which holds 2.');
    expect(() => engine.tensor([], [0])).toThrow('tensor: extent 0 at axis 0');
    expect(() => engine.tensor([1], wrong(undefined))).toThrow('tensor: the shape is missing');
    expect(() => engine.tensor([1], [1], { dtype: wrong('f64') })).toThrow('tensor: dtype is the text "f64"');
    expect(() => engine.tensor(Uint32Array.of(1), [1], { requiresGrad: true })).toThrow(GradientError);
    expect(() => engine.zeros(wrong(3))).toThrow('zeros: the shape is the number 3');
  });

  it('keeps the shape that it was given when the list is changed afterwards', () => {
    const shape = [2, 3];
    const tensor = engine.tensor(new Float32Array(6), shape);
    shape[0] = 9;
    expect(tensor.shape).toEqual([2, 3]);
  });
});

it('reads and writes tensors of values alone', async () => {
  await expect(engine.read(wrong(3))).rejects.toThrow('read: what is to be read is the number 3');
  await expect(engine.read(engine.tensor(Uint32Array.of(1), [1]))).rejects.toThrow('u32');
  expect(() => engine.write(wrong(undefined), Float32Array.of(1))).toThrow(
    'write: what is to be written is missing',
  );
  expect(() => engine.write(x(), wrong([1, 2, 3, 4, 5, 6]))).toThrow(
    'write to f32[2, 3]: the data is a list of 6',
  );
});

it('refuses to run noGrad on work that goes on after it', () => {
  expect(() => engine.noGrad(async () => E.neg(x()))).toThrow('noGrad: the function is asynchronous');
  expect(engine.noGrad(() => 7)).toBe(7);
});

it('refuses arguments of a step that are not on the host', async () => {
  const step = engine.step('double', (a) => [E.scale(a as E.Tensor, 2)]);
  await expect(step.run(wrong(x()))).rejects.toThrow(
    'The step "double", argument 0 is a Tensor on the device (f32[2, 3])',
  );
  await expect(step.run(wrong(undefined))).rejects.toThrow('The step "double", argument 0 is undefined');
  step.dispose();
});

describe('options', () => {
  const pair = () => [vector(2), vector(2)] as const;
  const square = () => engine.tensor([1, 2, 3, 4], [2, 2]);
  const parameters = engine.parameters([{ name: 'w', shape: [4], init: null }]);
  const { warmupCosine, normalInit, AdamW, LossScale, Random } = E;
  /** What takes options, given them, by how it is called in messages. */
  const taking: Record<string, (options: never) => unknown> = {
    sum: (o) => E.sum(x(), o),
    mean: (o) => E.mean(x(), o),
    matmul: (o) => E.matmul(square(), square(), o),
    linear: (o) => E.linear(square(), square(), o),
    layerNorm: (o) => E.layerNorm(square(), ...pair(), o),
    rmsNorm: (o) => E.rmsNorm(square(), vector(2), o),
    zscorePad: (o) => E.zscorePad(engine.zeros([1, 1, 8]), o),
    stem: (o) => E.stem(x(), x(), x(), x(), o),
    transposedReconstruction: (o) => E.transposedReconstruction(x(), x(), null, o),
    backward: (o) => E.backward(E.sum(parameters.get('w')), o),
    tensor: (o) => engine.tensor([1], [1], o),
    parameters: (o) => engine.parameters([], o),
    step: (o) => engine.step('s', () => [], o),
    AdamW: (o) => new AdamW(parameters, o),
    LossScale: (o) => new LossScale(engine.recorder, o),
    warmupCosine: (o) => warmupCosine(o),
    normalInit: (o) => normalInit(new Random(1), o),
  };

  it.each(Object.keys(taking))('of %s are an object of the names that there are', (name) => {
    const call = taking[name] as (options: unknown) => unknown;
    for (const value of [null, 0, -1, '0', [0], true, vector(1)]) {
      const { message } = thrown(() => call(value));
      expect(message).toMatch(new RegExp(`^${name}: the options are .*; pass \\{ `));
    }
    expect(thrown(() => call({ axis: 0 })).message).toMatch(
      new RegExp(`^${name}: there is no option "axis"`),
    );
  });
});

describe('everything else that is no tensor', () => {
  const random = new E.Random(1);
  const weights = engine.parameters([{ name: 'w', shape: [4], init: null }]);
  const optimizer = new E.AdamW(weights);
  const scaling = new E.LossScale(engine.recorder);
  const none = engine.step('none', () => [E.neg(weights.get('w'))]);
  it.each<[string, (value: never) => unknown, unknown[], string]>([
    ['sum keepDims', (v) => E.sum(x(), { keepDims: v }), [0, 'no', null], 'sum: keepDims is'],
    ['linear bias', (v) => E.linear(x(), x(), { bias: v }), [null, 0, ''], 'linear: input 2 is'],
    ['checkLabels', (v) => E.checkLabels(v, 3), [undefined, null, 3, {}], 'checkLabels: the labels are'],
    [
      'classes',
      (v) => E.checkLabels([0], v),
      [undefined, Number.NaN, 0, '3', 1.5],
      'the number of classes is',
    ],
    ['checkpoint', (v) => E.checkpoint(v, [x()]), [undefined, 3], 'checkpoint: the work is'],
    [
      'its result',
      (v) => E.checkpoint(() => v, [x()]),
      [undefined, 3, []],
      'checkpoint: what the work returns is',
    ],
    ['kaimingUniform', (v) => E.kaimingUniform(v, 3), [undefined, 3], 'kaimingUniform: the source is'],
    [
      'deviation',
      (v) => E.normalInit(random, { deviation: v }),
      [Number.NaN, '1'],
      'normalInit: deviation is',
    ],
    ['constantInit', (v) => E.constantInit(v), [undefined, '1', null], 'constantInit: the value is'],
    ['Random', (v) => new E.Random(v), [undefined, null, {}], 'Random: the seed is'],
    ['fork', (v) => random.fork(v), [undefined, 3], 'Random: the name of a stream is'],
    ['fillNormal', (v) => random.fillNormal(v), [undefined, 3, [1]], 'Random: what is to be filled is'],
    ['AdamW', (v) => new E.AdamW(v), [undefined, 3, {}], 'AdamW: the parameters are'],
    ['betas', (v) => new E.AdamW(weights, { betas: v }), [null, 0.9, [0.9], ['0', '0']], 'AdamW: beta'],
    ['eps', (v) => new E.AdamW(weights, { eps: v }), ['1', true, Infinity], 'AdamW: eps is'],
    [
      'weightDecay',
      (v) => new E.AdamW(weights, { weightDecay: v }),
      [null, '1', Infinity],
      'AdamW: weightDecay',
    ],
    ['update', (v) => optimizer.update(v), [undefined, 3, {}], 'AdamW: hyperparameters is'],
    ['stateOf', (v) => optimizer.stateOf(v), [undefined, 'w', x()], 'AdamW: what is asked for is'],
    ['write', (v) => optimizer.write('exp_avg', v), [undefined, {}, []], 'AdamW: the values are'],
    ['moment', (v) => optimizer.write(v, new Map()), [undefined, 'm'], 'AdamW: the mean is'],
    [
      'values',
      (v) => optimizer.write('exp_avg', new Map([['w', v]])),
      [undefined, [1, 2, 3, 4]],
      'of "w" is',
    ],
    ['LossScale', (v) => new E.LossScale(v), [undefined, engine], 'LossScale: the recorder is'],
    ['unscale', (v) => scaling.unscale(v), [undefined, 3], 'LossScale: hyperparameters is'],
    ['adjust', (v) => scaling.adjust(v), [undefined, 3], 'LossScale: the norm of the gradients is'],
    ['its state', (v) => scaling.write(v), [undefined, 3, null], 'LossScale: its state is'],
    ['parameters', (v) => engine.parameters(v), [undefined, {}, 'w'], 'parameters: they are'],
    [
      'one of them',
      (v) => engine.parameters([v]),
      [undefined, null, 'w'],
      'parameters: number 0: the options are',
    ],
    [
      'a name',
      (v) => engine.parameters([{ name: v, shape: [1], init: null }]),
      [undefined, 3],
      'the name of number 0',
    ],
    [
      'init',
      (v) => engine.parameters([{ name: 'a', shape: [1], init: v }]),
      [undefined, 1, ''],
      'init of "a" is',
    ],
    ['step', (v) => engine.step('s', v), [undefined, 'x'], 'what the step "s" does is'],
    ['its name', (v) => engine.step(v, () => []), [undefined, 3], 'step: the name is'],
    ['plans', (v) => engine.step('s', () => [], { plans: v }), [0, -1, Number.NaN, '2'], 'step: plans of'],
    ['noGrad', (v) => engine.noGrad(v), [undefined, 3], 'noGrad: the work is'],
    ['readAll', (v) => engine.readAll(v), [undefined, x()], 'readAll: the tensors are'],
    ['repeat', (v) => none.repeat(v), [0, Number.NaN, Infinity], '"none" is to be repeated'],
  ])('%s', async (_, call, values, said) => {
    for (const value of values) {
      const error = await Promise.resolve()
        .then(() => call(wrong(value)))
        .then(
          () => new Error('nothing was thrown'),
          (reason: Error) => reason,
        );
      expect(error.message).toContain(said);
    }
  });
});
