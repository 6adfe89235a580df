import { beforeAll, expect, it } from 'vitest';
import { readWeights } from '../../demo/worker/weights.ts';
import { SIZES } from '../../model/index.ts';
import { authorsFile } from '../support/authors-files.ts';

let encoder: Uint8Array<ArrayBuffer>;
let decoder: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  encoder = new Uint8Array(await authorsFile('encoder', SIZES.tiny));
  decoder = new Uint8Array(await authorsFile('decoder', SIZES.tiny));
});

it("takes the authors' two .pt files in either order, whatever they are called", async () => {
  const files = () => [new File([encoder], 'x.pt'), new File([decoder], 'spotr_encoder_last.pt')];
  for (const order of [files(), files().reverse()]) {
    const { config, size, conditioning, weights } = await readWeights(order);
    expect({ config, size, conditioning }).toEqual({ config: SIZES.tiny, size: 'tiny', conditioning: 'cls' });
    expect([...weights.encoder.keys()]).toContain('conv.3.weight');
    expect([...(weights.decoder?.keys() ?? [])]).toContain('decoder_proj.weight');
  }
  expect((await readWeights(files().slice(0, 1))).weights.decoder).toBeUndefined();
  await expect(readWeights(files().slice(1))).rejects.toThrow(/there is no encoder in it/);
});

it('refuses two encoders, and two that were not trained together', async () => {
  const two = [new File([encoder], 'a.pt'), new File([encoder], 'b.pt')];
  await expect(readWeights(two)).rejects.toThrow(/^b\.pt: is the second file with an encoder/);
  const other = new Uint8Array(await authorsFile('decoder', { ...SIZES.tiny, encoderDim: 32 }));
  const mixed = [new File([encoder], 'a.pt'), new File([other], 'b.pt')];
  for (const files of [mixed, [...mixed].reverse()])
    await expect(readWeights(files)).rejects.toThrow(/give the two that were trained together/);
});
