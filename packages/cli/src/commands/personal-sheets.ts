import { readFile } from 'node:fs/promises';
import { text as wholeText } from 'node:stream/consumers';
import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { fieldOf, textOf } from './field-text.ts';

/** Anything of the server's as this client prints it. */
export type Sheet = Readonly<Record<string, unknown>>;

/** The words in a file, or on standard input for `-`, without the line end at their end. */
export async function wordsIn(desk: Desk, path: string): Promise<string> {
  const text = path === '-' ? await wholeText(desk.shell.stdin) : await readFile(path, 'utf8');
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
  desk.pairs(Object.entries(sheet).map(pair => fieldOf(desk, pair)));
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
          cell: (row: Sheet) => textOf(desk, name, row[name]),
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
