import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { SIZES } from '../../model/index.ts';
import { authorsFile } from '../support/authors-files.ts';
import { HubServer } from '../support/hub-server.ts';
import { SIGNAL_OPTIONS, writeSignals } from '../support/signals.ts';
import { spotr } from '../support/spotr-command.ts';

it('embeds with an encoder of full Base size from a hub as with the same file on disk, bit for bit', async () => {
  const home = mkdtempSync(join(tmpdir(), 'spotr-base-'));
  const at = (name: string) => join(home, name);
  await using hub = await HubServer.start();
  try {
    vi.stubEnv('HF_ENDPOINT', hub.endpoint);
    vi.stubEnv('SPOTR_WEIGHTS_DIR', at('cache'));
    const encoder = await authorsFile('encoder', SIZES.base);
    expect(encoder.length).toBeGreaterThan(4 * 62_471_008);
    writeFileSync(at('x.pt'), encoder);
    const files = {
      'spotr_decoder_last.pt': await authorsFile('decoder', SIZES.base),
      'spotr_encoder_last.pt': encoder,
    };
    hub.repos.set('5gyyyyy/SPOTR', { commit: 'a'.repeat(40), card: { license: 'mit' }, files });
    writeSignals(at('s.npy'), { seconds: 4 });
    const embedded = async (name: string, weights: string) => {
      const { code, err } = await spotr(
        ...[
          'embed',
          '--window',
          '2',
          '--weights',
          weights,
          '--out',
          at(name),
          ...SIGNAL_OPTIONS,
          at('s.npy'),
        ],
      );
      expect(code, err).toBe(0);
      return readFileSync(at(name));
    };
    const disk = await embedded('disk.npy', at('x.pt'));
    const fetched = await embedded('hub.npy', 'hf:5gyyyyy/SPOTR');
    expect(fetched.equals(disk)).toBe(true);
    expect(disk.length).toBeGreaterThan(2 * 512 * 4);
    expect(hub.downloads.map(({ url }) => url)).toEqual([
      `/5gyyyyy/SPOTR/${'a'.repeat(40)}/spotr_encoder_last.pt?signature=1`,
    ]);
    const { out } = await spotr('inspect', 'hf:5gyyyyy/SPOTR', '--offline');
    expect(out.replace(/\s+/g, ' ')).toContain('125 tensors of 62,471,008 values');
    expect(out.replace(/\s+/g, ' ')).toContain('base: encoder 512 wide, 12 layers');
  } finally {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  }
});
