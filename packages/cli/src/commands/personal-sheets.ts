import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { textOf as textOfField } from './sale.ts';

/** Anything of the server's as this client prints it. */
export type Sheet = Readonly<Record<string, unknown>>;

/** The words in a file, or on standard input for `-`, without the line end at their end. */
export async function wordsIn(desk: Desk, path: string): Promise<string> {
  const text = path === '-' ? await textOf(desk.shell.stdin) : await readFile(path, 'utf8');
  return text.replace(/\r?\n$/, '');
}

/** A file as base64. */
export async function fileText(path: string): Promise<string> {
  return (await readFile(path)).toString('base64');
}

/** A whole number that a person typed. */
export function numberOf(desk: Desk, text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageFault(desk.say('fault.limit'));
  return Number(text);
}

/** One thing as lines of names and values, in the words of the reader: a name in their language, a list by its parts. */
export function showSheet(desk: Desk, sheet: Sheet): void {
  desk.pairs(
    Object.entries(sheet).map(([name, value]) => [desk.value('heading', name), cellOf(desk, value)] as const),
  );
}

/** What has other parts than words is shown as JSON. */
export function cellOf(desk: Desk, value: unknown): string {
  if (isNamed(value)) return desk.name(value);
  if (Array.isArray(value) && value.every(each => isNamed(each) || typeof each === 'string'))
    return value.map(each => cellOf(desk, each)).join('; ');
  if (!areWords(value)) return textOfField(desk, value);
  return Object.entries(value)
    .map(([name, word]) => `${desk.value('heading', name)}: ${word}`)
    .join('; ');
}

function areWords(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(each => typeof each === 'string');
}

function isNamed(value: unknown): value is { readonly en: string; readonly zh: string } {
  return typeof value === 'object' && value !== null && Object.keys(value).sort().join() === 'en,zh';
}

/** A `list` command over an address, with a filter by state and case where the address knows them. */
export function addSheetList(
  desk: Desk,
  command: Command,
  path: string,
  columns: readonly string[],
  hasState = true,
): void {
  const { say } = desk;
  const list = asList(command, say);
  if (hasState) list.option('--state <state>', say('personal.state'));
  list.action(async (options: ListOptions & { state?: string }) => {
    const query = { state: options.state };
    const page = await listOf<Sheet>(desk, await desk.server(), path, options, query);
    desk.answer(page, () =>
      desk.rows(
        columns.map(name => ({
          heading: desk.value('heading', name),
          cell: (row: Sheet) => cellOf(desk, row[name]),
        })),
        page,
        say('personal.none'),
      ),
    );
  });
}

/** Posts, and shows what came back as a sheet. */
export async function postSheet(desk: Desk, path: string, body: unknown = {}): Promise<void> {
  const answer = await (await desk.server()).post<Sheet>(path, body);
  desk.answer(answer, () => showSheet(desk, answer));
}

export async function getSheet(desk: Desk, path: string): Promise<void> {
  const answer = await (await desk.server()).get<Sheet>(path);
  desk.answer(answer, () => showSheet(desk, answer));
}
