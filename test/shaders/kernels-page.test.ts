import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { registeredOps } from '../../engine/index.ts';

const PAGE = new URL('../../docs/kernels.md', import.meta.url);
const page = readFileSync(PAGE, 'utf8');
const links = Array.from(page.matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);

const filesIn = (folder: string, ending: string) =>
  readdirSync(new URL(`../../${folder}/`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => `../${folder}/${file.replaceAll('\\', '/')}`);

describe('docs/kernels.md', () => {
  it('names every file of shaders/', () => {
    const files = filesIn('shaders', '.wgsl');
    expect(files.length).toBeGreaterThan(40);
    expect(files.filter((file) => !links.includes(file))).toEqual([]);
  });

  it('names every reference', () => {
    const files = filesIn('test/reference', '.ts');
    expect(files.length).toBeGreaterThan(15);
    expect(files.filter((file) => !links.includes(file))).toEqual([]);
  });

  it('names no file that is not there, and no heading', () => {
    const headings = Array.from(
      page.matchAll(/^## (.+)$/gm),
      ([, title = '']) => `#${title.toLowerCase().replaceAll(' ', '-')}`,
    );
    const wrong = links.filter((link) =>
      link.startsWith('#') ? !headings.includes(link) : !existsSync(new URL(link, PAGE)),
    );
    expect(wrong).toEqual([]);
  });

  it('has a row with every operation', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const named = new Set(rows.flatMap((row) => row.split('|')[1]?.match(/\w+/g) ?? []));
    expect([...registeredOps().keys()].filter((op) => !named.has(op))).toEqual([]);
  });
});
