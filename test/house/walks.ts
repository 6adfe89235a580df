/** Two ways through the code, from a file on disk to a kernel: what docs/architecture.md follows, and a test runs. */
import { element, figure, label, pathThrough } from '../../figures/svg.ts';

/** A place on the way. */
export interface Station {
  readonly file: string;
  /** The function, method or class that is called there; of a kernel, its entry point. */
  readonly calls: string;
  readonly happens: string;
}

export interface Walk {
  readonly name: string;
  readonly title: string;
  readonly stations: readonly Station[];
}

const station = (file: string, calls: string, happens: string): Station => ({ file, calls, happens });

const TO_WINDOWS = [
  station(
    'data/open-node.ts',
    'openPaths',
    'finds the recordings in files and folders (a page: `openFiles` of data/open.ts)',
  ),
  station(
    'data/formats/edf/edf.ts',
    'openEdf',
    'reads the header, checks it, and promises samples by seeking',
  ),
  station(
    'data/windows/stream.ts',
    'WindowStream',
    'filters, resamples to 200 Hz, cuts, and drops windows with a reason',
  ),
];

export const WALKS: readonly Walk[] = [
  {
    name: 'training-step',
    title: 'One training step, from the recording to the updated weights',
    stations: [
      ...TO_WINDOWS,
      station(
        'data/dataset/window-dataset.ts',
        'trainBatch',
        'draws the windows of this step, by seed and step alone',
      ),
      station(
        'workflows/pretraining/loop.ts',
        'trainLoop',
        'hands the batch on, and reads results three steps late',
      ),
      station('model/pretrainer.ts', 'train', 'writes the batch and the learning rate, runs the step'),
      station('engine/replay/step.ts', 'read', 'captures the step once for a shape, then replays it'),
      station('model/spotr.ts', 'forward', 'on capture: compactor, aggregator, renderer, loss'),
      station(
        'engine/ops/self-attention.ts',
        'selfAttention',
        'one op: shape rule, kernels forward, kernels backward',
      ),
      station('engine/autograd/tape.ts', 'backward', 'walks the nodes back, each op recording its gradients'),
      station('engine/optim/adamw.ts', 'update', 'norm, clipping and AdamW over whole arenas'),
      station(
        'engine/replay/plan.ts',
        'Plan',
        'places activations by liveness; writes all dispatches into one submit',
      ),
      station('engine/gpu/kernel.ts', 'kernelSource', 'joins the WGSL of a kernel and compiles it once'),
      station('shaders/optim/adamw.wgsl', 'adamw', 'the weights are updated'),
    ],
  },
  {
    name: 'embedded-window',
    title: 'One embedded window, from the recording to its token',
    stations: [
      ...TO_WINDOWS,
      station(
        'cli/common/embed/batches.ts',
        'batchesOf',
        'collects windows of one shape into batches (a page: demo/worker/model.ts)',
      ),
      station(
        'workflows/encode.ts',
        'BatchEncoder',
        'runs the encoder as a captured step, without gradients',
      ),
      station('model/encoder.ts', 'embed', 'compactor, aggregator, and the first token'),
      station(
        'model/compactor.ts',
        'STCompactor',
        'patch convolution, pooling over time and over channels, one joined token grid',
      ),
      station(
        'engine/ops/attention-pool.ts',
        'attentionPool',
        'the mean over queries of attention, without a score in memory',
      ),
      station(
        'engine/gpu/recorder.ts',
        'dispatch',
        'binds buffers, chooses the kernel for their types, records the command',
      ),
      station('engine/gpu/kernel.ts', 'kernelSource', 'joins the WGSL of the kernel'),
      station(
        'shaders/attention/attention_pool.wgsl',
        'weigh_values',
        'the probabilities are pooled, one row of values is weighed',
      ),
    ],
  },
];

const [ROW, STEP, LEFT, TOP] = [58, 62, 110, 46];

/** Rooms as rows, stations from left to right: a number each, which the table under the picture explains. */
export function walkPicture({ title, stations }: Walk): string {
  const order = ['cli', 'data', 'workflows', 'model', 'engine', 'shaders'];
  const roomOf = ({ file }: Station) => file.split('/')[0] as string;
  const rooms = order.filter((room) => stations.some((one) => roomOf(one) === room));
  const width = LEFT + stations.length * STEP + 20;
  const height = TOP + rooms.length * ROW + 8;
  const y = (room: string) => TOP + rooms.indexOf(room) * ROW + ROW / 2;
  const x = (i: number) => LEFT + i * STEP + STEP / 2;
  const lanes = rooms.map((room) =>
    [
      element('rect', {
        ...{ x: 8, y: y(room) - ROW / 2 + 3, width: width - 16, height: ROW - 6, rx: 6 },
        class: 'fill-grid',
        'fill-opacity': 0.45,
      }),
      label(`${room}/`, 20, y(room) + 5, { class: 'fill-ink strong' }),
    ].join(''),
  );
  const way = element('path', {
    d: pathThrough(stations.map((one, i) => [x(i), y(roomOf(one))])),
    class: 'line stroke-model',
    'stroke-width': 2,
  });
  const dots = stations.map((one, i) => {
    const centre = { cx: x(i), cy: y(roomOf(one)) };
    const stem = (one.file.split('/').at(-1) as string).replace(/\.(ts|wgsl)$/, '');
    return [
      element('circle', { ...centre, r: 11, class: 'fill-paper stroke-model', 'stroke-width': 2 }),
      label(String(i + 1), centre.cx, centre.cy + 4.5, { class: 'fill-ink small', 'text-anchor': 'middle' }),
      label(stem, centre.cx, centre.cy + 24, {
        class: 'fill-muted stroke-paper small',
        'text-anchor': 'middle',
        style: 'font-size: 9.5px; paint-order: stroke; stroke-width: 3px; stroke-linejoin: round',
      }),
    ].join('');
  });
  const description = `${stations.map(({ file }, i) => `${i + 1}: ${file}`).join('; ')}.`;
  return `${figure(
    { width, height, title, description },
    label(title, 20, 28, { class: 'fill-ink title' }),
    ...lanes,
    way,
    ...dots,
  )}\n`;
}

/** The rows of the table under the picture. */
export function walkTable({ stations }: Walk): string {
  const rows = stations.map(({ file, calls, happens }, i) => {
    return `| ${i + 1} | [\`${file}\`](../${file}), \`${calls}\` | ${happens} |`;
  });
  return ['| | where | what happens |', '|--:|---|---|', ...rows].join('\n');
}
