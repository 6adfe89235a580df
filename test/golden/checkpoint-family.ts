import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { CheckpointError } from '../../checkpoint/safetensors.ts';
import { embed } from '../../cli/embed.ts';
import { MODEL_RATE } from '../../data/index.ts';
import type { Engine } from '../../engine/index.ts';
import { type NamedTensors, Spotr } from '../../model/index.ts';
import { testEngine } from '../support/engine.ts';
import { compareTensors, expectedFile, expectedTensors, type Manifest, readFrom } from './checkpoints.ts';
import type { CaseReport, Deviations } from './compare.ts';
import type { GoldenFolder } from './folders.ts';
import { type GoldenFile, readGolden, readJson, truthOf } from './golden-file.ts';
import { configOf, type GivenWeight } from './model-runs.ts';
import { firstTokens, runVariant, variantsOf } from './models.ts';
import { writeCsv } from './recordings.ts';

type Judge = (
  name: string,
  deviations: Deviations[string],
  run: (report: CaseReport) => Promise<void>,
) => Promise<void>;

/** Checkpoint files: what they hold, what models with their weights give, and which of them are refused. */
export function checkpointFamily(folder: GoldenFolder, deviations: Deviations, judge: Judge): void {
  const { good, bad, config } = readJson<Manifest>(folder, 'ckpt/manifest.json');
  const nameOf = (name: string) => `${folder.label} ckpt/${name}`.trim();
  it.each(Object.entries(good))('reads %s', async (name, line) => {
    await judge(nameOf(name), {}, async (report) => {
      const read = await readFrom(folder, name);
      compareTensors(read, expectedTensors(folder, line, read.keys()), report);
    });
  });
  for (const [stem, sources] of bySource(folder, good)) {
    const file = readGolden(folder, 'ckpt', stem);
    const of = deviations[file.name] ?? {};
    if (variantsOf(file).length === 0) continue;
    it(`computes with the weights of ${stem}`, async () => {
      const engine = await testEngine();
      const weights = await weightsFrom(folder, sources);
      for (const variant of variantsOf(file)) {
        await judge(nameOf(`${stem} ${variant}`), of, (report) =>
          runVariant(engine, file, weights, variant, undefined, report),
        );
      }
    });
    it(`embeds with the weights of ${stem}`, async () => {
      for (const source of sources) {
        if (!isEncoder(await readFrom(folder, source))) continue;
        await judge(nameOf(`${source}, spotr embed`), of, (report) =>
          embedWith(folder, source, file, report),
        );
      }
    });
  }
  it.each(Object.entries(bad))('refuses %s', async (name, why) => {
    const reading = readFrom(folder, `bad/${name}`);
    if (!why.startsWith('well-formed')) await expect(reading, why).rejects.toThrow(CheckpointError);
    else {
      const engine = await testEngine();
      const tensors = await reading;
      expect(() => loadPart(engine, tensors, config), why).toThrow(/do not fit the (en|de)coder/);
    }
  });
}

/** Files of expected tensors, and the checkpoints that are to hold them. */
function bySource(folder: GoldenFolder, good: Manifest['good']): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, line] of Object.entries(good)) {
    const stem = expectedFile(folder, line)?.name.replace(/^ckpt\/|\.safetensors$/g, '');
    if (stem !== undefined) found.set(stem, [...(found.get(stem) ?? []), name]);
  }
  return found;
}

const isEncoder = (tensors: NamedTensors) => tensors.has('cls_token');

/** The encoder's and the decoder's tensors under the names of both together. */
async function weightsFrom(folder: GoldenFolder, sources: readonly string[]) {
  const weights = new Map<string, GivenWeight>();
  for (const source of sources) {
    const tensors = await readFrom(folder, source);
    const part = isEncoder(tensors) ? 'encoder' : 'decoder';
    for (const [name, tensor] of tensors) weights.set(`${part}.${name}`, tensor);
  }
  return weights;
}

/** Loads tensors into the part of a model that they seem to be of. */
function loadPart(engine: Engine, tensors: NamedTensors, config: Manifest['config']): void {
  const file = { name: 'ckpt/manifest.json', tensors: new Map(), config, metadata: {} };
  const model = new Spotr(engine, { config: configOf(file), seed: 1 });
  try {
    model[isEncoder(tensors) ? 'encoder' : 'decoder'].load(engine, tensors);
  } finally {
    model.arenas.dispose();
  }
}

/** The command on the signals of a case, as files: a window each, in the rate of the model. */
async function embedWith(folder: GoldenFolder, source: string, file: GoldenFile, report: CaseReport) {
  const scratch = mkdtempSync(join(tmpdir(), 'spotr-golden-'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    const x = truthOf(file, 'x');
    const tokens = truthOf(file, 'tokens');
    const [batch = 1, , dim = 1] = tokens.shape;
    const out = join(scratch, 'out.csv');
    const code = await embed([
      ...['--weights', join(folder.path, 'ckpt', source), '--heads', String(file.config.num_heads)],
      ...[
        '--rate',
        String(MODEL_RATE),
        '--mains',
        'none',
        '--window',
        String((x.shape[2] ?? 0) / MODEL_RATE),
      ],
      ...['--out', out, ...writeCsv(scratch, x)],
    ]);
    report.holds('outputs', 'exit code 0', code === 0);
    const [header = '', ...rows] = readFileSync(out, 'utf8').trim().split('\n');
    const first = header.split(',').indexOf('h0');
    const values = rows.flatMap((row) => row.split(',').slice(first).map(Number));
    const expected = firstTokens(Float32Array.from(tokens.data), [batch, dim]);
    report.tensor('outputs', 'tokens[:, 0]', values, {
      shape: [batch, dim],
      data: Float64Array.from(expected),
    });
  } finally {
    log.mockRestore();
    rmSync(scratch, { recursive: true });
  }
}
