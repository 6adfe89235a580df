/** The page of a reconstruction, made again from what is in its folder: the page there may be anybody's. */
import { join } from 'node:path';
import { CommandError } from './errors.ts';
import { readText } from './files.ts';
import { type Report, reportPage } from './report-page.ts';

export const PAGE = 'reconstruction.html';
/** The errors, and the page as data, with names of files in place of its figures. */
export const NUMBERS = 'errors.json';
export const FIGURE = /^window-\d+\.svg$/;

/** @throws CommandError where the folder does not hold what the page was made of. */
export function reconstructionPage(folder: string): string {
  const path = join(folder, NUMBERS);
  const page = pageIn(readText(path));
  if (!page)
    throw new CommandError(
      `${path} does not hold the page of a reconstruction, as an earlier version wrote it or somebody changed it; write it again with spotr reconstruct.`,
    );
  const files = page.sections.flatMap(({ figures = [] }) => figures);
  const stray = files.find((file) => !FIGURE.test(file));
  if (stray !== undefined)
    throw new CommandError(
      `${path} names "${stray}" as a figure; figures are called window-1.svg and so on.`,
    );
  return reportPage(withFigures(page, new Map(files.map((file) => [file, readText(join(folder, file))]))));
}

/** The report with figures in place of the names of their files. */
export function withFigures(page: Report, figures: ReadonlyMap<string, string>): Report {
  const sections = page.sections.map(({ figures: files, ...section }) => ({
    ...section,
    ...(files && { figures: files.map((file) => figures.get(file) ?? '') }),
  }));
  return { ...page, sections };
}

function pageIn(text: string): Report | undefined {
  try {
    const { page } = JSON.parse(text) as { page?: unknown };
    return isReport(page) ? page : undefined;
  } catch {
    return undefined;
  }
}

function isReport(value: unknown): value is Report {
  if (!isRecord(value) || !Array.isArray(value.sections) || !areRows(value.facts)) return false;
  return isText(value.title) && isText(value.lead) && value.sections.every(isSection);
}

function isSection(value: unknown): boolean {
  if (!isRecord(value) || !isText(value.heading)) return false;
  const { note, table, figures } = value;
  return (
    (note === undefined || isText(note)) &&
    (table === undefined || (isRecord(table) && areTexts(table.headings) && areRows(table.rows))) &&
    (figures === undefined || areTexts(figures))
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';
const areTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const areRows = (value: unknown): value is string[][] => Array.isArray(value) && value.every(areTexts);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
