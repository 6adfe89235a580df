import { writeFileSync } from 'node:fs';
import { encodeSafetensors } from '../../checkpoint/safetensors.ts';
import { goldenFolders } from '../golden/folders.ts';
import { readGolden } from '../golden/golden-file.ts';
import { stateOf, wholeTables } from '../golden/model-runs.ts';

/** An encoder of the reference values, 64 wide, with whole position tables. */
export function writeEncoder(path: string, metadata: Readonly<Record<string, string>> = {}): void {
  const [subset] = goldenFolders();
  if (!subset) throw new Error('no reference values');
  const { encoder } = stateOf(readGolden(subset, 'models', 'p100_weights').tensors);
  const table = encoder.get('pos_embed')?.shape ?? [];
  const whole = new Map([['pos_embed', [1, 128, 128, table[3] ?? 1]]]);
  writeFileSync(path, encodeSafetensors(wholeTables(encoder, whole), metadata));
}
