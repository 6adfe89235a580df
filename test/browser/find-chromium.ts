import { accessSync, chmodSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { cachedFolder, extractTar } from '../../engine/platform/cache-node.ts';
import { chromiumPackage } from '../../engine/platform/software-adapter-node.ts';

export interface FoundChromium {
  readonly executablePath: string;
  /** What the browser's process needs beside the environment of this one. */
  readonly env: Record<string, string>;
  readonly source: 'SPOTR_CHROMIUM' | 'system' | 'packaged';
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * A Chromium to test in: the one that `SPOTR_CHROMIUM` names, else the system's, else the one that npm brings, unpacked
 * once into the cache. Throws with the line that installs one.
 */
export function findChromium(): FoundChromium {
  const named = process.env.SPOTR_CHROMIUM;
  if (named) {
    if (!isExecutable(named))
      throw new Error(`SPOTR_CHROMIUM names ${named}, which is not a program that can be started`);
    return { executablePath: named, env: {}, source: 'SPOTR_CHROMIUM' };
  }
  const system = onPath();
  if (system !== undefined) return { executablePath: system, env: {}, source: 'system' };
  if (process.platform === 'linux' && process.arch === 'x64') return packagedChromium();
  throw new Error(
    `no Chromium for ${process.platform}-${process.arch}: install Chrome or Chromium and set SPOTR_CHROMIUM to its program file`,
  );
}

function onPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Unpacks the browser of `@sparticuz/chromium` with its SwiftShader and the libraries that bare systems lack. */
export function packagedChromium(): FoundChromium {
  const { folder, version } = chromiumPackage();
  const unpack = (archive: string) => brotliDecompressSync(readFileSync(join(folder, 'bin', archive)));
  const home = cachedFolder(`chromium-${version}`, (draft) => {
    writeFileSync(join(draft, 'chromium'), unpack('chromium.br'));
    chmodSync(join(draft, 'chromium'), 0o755);
    // The browser looks for its graphics libraries beside itself.
    extractTar(unpack('swiftshader.tar.br'), draft);
    extractTar(unpack('al2023.tar.br'), draft);
  });
  const env = { LD_LIBRARY_PATH: [join(home, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') };
  return { executablePath: join(home, 'chromium'), env, source: 'packaged' };
}
