/** What a person does on the page, as steps that tests are made of. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { edfBytes } from '../data/writers.ts';
import { PATIENCE } from './built-page.ts';

export { PATIENCE };

export const numberOf = async (page: Page, name: string): Promise<number> =>
  Number(
    ((await page.textContent(`[data-name="${name}"] dd`, { timeout: PATIENCE })) ?? '')
      .replaceAll(',', '')
      .split(' ')[0],
  );

export async function state(page: Page, wanted: RegExp): Promise<void> {
  await expect.poll(() => page.textContent('#run-state'), { timeout: PATIENCE }).toMatch(wanted);
}

export async function trainedBeyond(page: Page, step: number): Promise<void> {
  await expect.poll(() => numberOf(page, 'step'), { timeout: PATIENCE, interval: 50 }).toBeGreaterThan(step);
}

/** Titles of the sections that are shown, with their numbers, which the style sheet counts. */
export async function sectionsOf(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { documents, strings } = await session.send('DOMSnapshot.captureSnapshot', { computedStyles: [] });
  await session.detach();
  const [{ nodes, layout }] = documents as [(typeof documents)[0]];
  const isTitle = (node: number) => strings[nodes.nodeName?.[node] ?? -1] === 'H2';
  const titles = new Map<number, string>();
  for (const [i, node] of layout.nodeIndex.entries()) {
    const text = strings[layout.text[i] ?? -1]?.trim();
    let title = node;
    while (title >= 0 && !isTitle(title)) title = nodes.parentIndex?.[title] ?? -1;
    if (text && title >= 0) titles.set(title, [titles.get(title) ?? [], text].flat().join(' '));
  }
  return [...titles.values()];
}

/** Chooses the generated signals and a run of so many steps. */
export async function prepare(page: Page, steps: number): Promise<void> {
  await page.click('#generated');
  await page.waitForSelector('#traces canvas');
  await page.fill('#steps', String(steps));
}

export async function mapWindows(page: Page): Promise<void> {
  await page.click('#embed');
  await page.waitForSelector('#map-body:not([hidden])', { timeout: PATIENCE });
}

/** Where the file lies that a button saves. */
export async function saved(page: Page, folder: string, button: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
}

/** Drops files of these names, or a folder of this name with them in it. */
export async function drop(
  page: Page,
  files: Readonly<Record<string, Uint8Array>>,
  folder?: string,
): Promise<void> {
  const given = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
  const transfer = await page.evaluateHandle(
    ([all, inFolder]) => {
      const made = (all as string[][]).map(([name = '', base64 = '']) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        return new File([bytes], name);
      });
      const data = new DataTransfer();
      for (const file of made) data.items.add(file);
      if (!inFolder) return data;
      // No script can make a dropped folder: this stands for the browser's own.
      const entries = made.map((file) => ({
        name: file.name,
        isFile: true,
        isDirectory: false,
        fullPath: `/${inFolder}/${file.name}`,
        file: (resolve: (file: File) => void) => resolve(file),
      }));
      const folderEntry = {
        name: inFolder,
        isFile: false,
        isDirectory: true,
        fullPath: `/${inFolder}`,
        createReader: () => ({
          readEntries: (resolve: (some: unknown[]) => void) => resolve(entries.splice(0, 2)),
        }),
      };
      const own = DataTransferItem.prototype.webkitGetAsEntry;
      DataTransferItem.prototype.webkitGetAsEntry = () => {
        DataTransferItem.prototype.webkitGetAsEntry = own;
        return folderEntry as unknown as FileSystemEntry;
      };
      const one = new DataTransfer();
      one.items.add(new File([], String(inFolder)));
      return one;
    },
    [given, folder] as const,
  );
  await page.dispatchEvent('#drop', 'drop', { dataTransfer: transfer });
}

/** Twelve seconds of two channels at 200 Hz. */
export function edfFile(): Buffer {
  const channel = (period: number) =>
    Array.from({ length: 12 * 200 }, (_, i) =>
      Math.round(8000 * Math.sin((2 * Math.PI * i) / period) + 900 * Math.sin(i * i)),
    );
  return Buffer.from(
    edfBytes({
      records: 12,
      signals: [
        { label: 'EEG C3', unit: 'uV', perRecord: 200, values: channel(21) },
        { label: 'EEG C4', unit: 'uV', perRecord: 200, values: channel(33) },
      ],
    }),
  );
}
