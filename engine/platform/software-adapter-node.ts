import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { AdapterError } from '../errors.ts';
import { cachedFolder, extractTar } from './cache-node.ts';

/**
 * The software adapter that npm brings: SwiftShader, a Vulkan driver for the processor, and a Vulkan loader, both from
 * the package `@sparticuz/chromium`. No root and no system package is needed. Linux on x64 only.
 */
const PACKAGE = '@sparticuz/chromium';

/** The line that brings it, where it is missing. */
export const INSTALL_LINE = `npm install ${PACKAGE}@147.0.0`;

const LOADER = 'libvulkan.so.1';

/** dlopen's RTLD_NODELETE on Linux, which Node's constants leave out. */
const RTLD_NODELETE = 0x1000;

/** The folder of the installed package and its version. Throws AdapterError where it is not installed. */
export function chromiumPackage(): { folder: string; version: string } {
  const require = createRequire(import.meta.url);
  let folder: string;
  try {
    // The entry point is <folder>/build/cjs/index.cjs; its package.json is not among the package's exports.
    folder = dirname(dirname(dirname(require.resolve(PACKAGE))));
  } catch (cause) {
    throw new AdapterError(
      `the npm package ${PACKAGE} is missing; the line that installs it: ${INSTALL_LINE}`,
      {
        cause,
      },
    );
  }
  const manifest: { version: string } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { folder, version: manifest.version };
}

/** Unpacks SwiftShader once and returns the folder that holds its driver, its manifest and a Vulkan loader. */
function swiftShaderFolder(): string {
  const { folder, version } = chromiumPackage();
  return cachedFolder(`swiftshader-${version}`, (draft) => {
    extractTar(brotliDecompressSync(readFileSync(join(folder, 'bin', 'swiftshader.tar.br'))), draft);
  });
}

/** How the drivers that Dawn will find were made known to it. */
export interface Drivers {
  /** `user`: the environment named them; `packaged`: SwiftShader stands beside the system's; `system`: only those. */
  readonly from: 'user' | 'packaged' | 'system';
  /** Why the packaged driver could not be offered, where it should have been. */
  readonly failure?: string;
  /** For a loader too old to add a driver to the system's: leaves SwiftShader alone to be found. */
  usePackagedOnly(): void;
  /** Puts the environment back as it was. Opened adapters keep working. */
  restore(): void;
}

/**
 * Lets Dawn find SwiftShader beside whatever drivers the system has, so that hardware is never hidden by it. The
 * Vulkan loader reads its environment when Dawn looks for adapters: call `restore` after that.
 */
export function offerPackagedDriver(): Drivers {
  const before = {
    add: process.env.VK_ADD_DRIVER_FILES,
    only: process.env.VK_ICD_FILENAMES,
  };
  const nothing = { usePackagedOnly: () => {}, restore: () => {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') return { from: 'system', ...nothing };
  try {
    if (!loadLibrary(LOADER)) loadPackagedLoader();
    // Set but empty counts as well: the loader then looks for no drivers at all.
    const named = before.only ?? process.env.VK_DRIVER_FILES;
    if (named !== undefined) return { from: 'user', ...nothing };
    const manifest = join(swiftShaderFolder(), 'vk_swiftshader_icd.json');
    process.env.VK_ADD_DRIVER_FILES = before.add ? `${before.add}:${manifest}` : manifest;
    return {
      from: 'packaged',
      usePackagedOnly: () => {
        process.env.VK_ICD_FILENAMES = manifest;
      },
      restore: () => {
        setEnvironment('VK_ADD_DRIVER_FILES', before.add);
        setEnvironment('VK_ICD_FILENAMES', before.only);
      },
    };
  } catch (error) {
    // The system's own drivers may still answer; the failure is reported where they do not.
    if (!(error instanceof AdapterError)) throw error;
    return { from: 'system', failure: error.message, ...nothing };
  }
}

function setEnvironment(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** Keeps the packaged loader in the process under the name by which Dawn then asks the system for one. */
function loadPackagedLoader(): void {
  const path = join(swiftShaderFolder(), LOADER);
  if (!loadLibrary(path)) throw new AdapterError(`the packaged Vulkan loader ${path} cannot be loaded`);
}

/** Loads a shared library for good. False where it cannot be found or loaded. */
function loadLibrary(path: string): boolean {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_LAZY | RTLD_NODELETE);
  } catch (error) {
    // Node refuses any library that is no addon, but only after loading it; NODELETE keeps what it loaded.
    return error instanceof Error && error.message.includes('did not self-register');
  }
  return true;
}
