import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Named, Page } from './answers.ts';
import { readCredentials } from './credentials.ts';
import { listed, type Server, serverAt } from './server.ts';
import { Fault, type Shell, UsageFault } from './shell.ts';
import { type Column, pairs, plain, table } from './table.ts';
import { localTime } from './times.ts';
import { type Language, type Say, sayValue } from './words.ts';

/** What every command works at: the words, the way to the server, and the two ways to answer. */
export interface Desk {
  readonly shell: Shell;
  readonly language: Language;
  readonly say: Say;
  /** The word for a value of a closed list, e.g. `value('state', 'open')`. */
  value(list: string, value: string | undefined | null): string;
  name(named: Named | string | undefined | null): string;
  time: typeof localTime;
  isJson(): boolean;
  server(): Promise<Server>;
  line(text: string): void;
  /** With --json the answer as it came, else what `people` prints. */
  answer(document: unknown, people: () => void): void;
  rows<Row>(columns: readonly Column<Row>[], page: Page<Row>, empty: string): void;
  pairs(rows: readonly (readonly [string, string | number | undefined | null])[]): void;
}

export function deskOf(program: Command, shell: Shell, language: Language, say: Say): Desk {
  const isJson = () => program.opts<{ json?: boolean }>().json === true;
  const line = (text: string) => shell.out(`${text}\n`);
  return {
    shell,
    language,
    say,
    value: (list, value) => sayValue(language, list, value),
    name: named => (typeof named === 'string' ? named : (named?.[language] ?? named?.en ?? named?.zh ?? '')),
    time: localTime,
    isJson,
    server: () => openServer(shell, language, say, partyOf(program, shell, say)),
    line,
    answer: (document, people) => (isJson() ? line(JSON.stringify(document, null, 2)) : people()),
    rows: (columns, page, empty) => {
      const items = page.items ?? [];
      if (items.length === 0) return line(empty);
      shell.out(table(columns, items));
      if (page.next) line(say('list.more', { after: plain(page.next) }));
    },
    pairs: rows => shell.out(pairs(rows.map(([name, value]) => [name, String(value ?? '')] as const))),
  };
}

/** The party to act for, out of --party or THINGWARD_PARTY; undefined leaves it to the server. */
function partyOf(program: Command, shell: Shell, say: Say): string | undefined {
  const party = program.opts<{ party?: string }>().party ?? shell.env['THINGWARD_PARTY'];
  if (party !== undefined && !/^[1-9]\d{0,14}$/.test(party)) throw new UsageFault(say('fault.party'));
  return party;
}

async function openServer(
  shell: Shell,
  language: Language,
  say: Say,
  party: string | undefined,
): Promise<Server> {
  const { url, token } = await readCredentials(shell);
  if (url === undefined || token === undefined) throw new Fault(say('fault.not-signed-in'));
  return serverAt(url, token, language, party);
}

/** Options every list has: how many, and from where on. */
export interface ListOptions {
  readonly limit: string;
  readonly after?: string;
}

export function asList(command: Command, say: Say): Command {
  return command
    .option('--limit <n>', say('option.limit'), '50')
    .option('--after <mark>', say('option.after'));
}

export function listOf<Item>(
  desk: Desk,
  server: Server,
  path: string,
  options: ListOptions,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<Page<Item>> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new UsageFault(desk.say('fault.limit'));
  return listed<Item>(server, path, { ...query, after: options.after }, limit);
}

/** One segment of a path, so that what a person typed stays one segment. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}

/** The JSON object in a file. */
export async function jsonObject(desk: Desk, path: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
  }
  throw new UsageFault(desk.say('fault.no-json-object', { path }));
}
