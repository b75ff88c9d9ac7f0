import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { BackTest } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import type { Server } from '../server.ts';
import { Fault, UsageFault } from '../shell.ts';
import { plain } from '../table.ts';
import { showBackTest } from './back-test-sheet.ts';

interface BackTestOptions {
  readonly from?: string;
  readonly to?: string;
  readonly class?: string;
  readonly subject?: readonly string[];
  readonly wait: boolean;
}

const DAY_MS = 86_400_000;
/** Without --from: as far back as most rules look. */
const USUAL_DAYS = 30;
const LOOK_EVERY_MS = 500;

export function addBackTest(rules: Command, desk: Desk): void {
  const { say } = desk;
  const gather = (one: string, before: readonly string[] = []): string[] => [...before, one];
  rules
    .command('backtest')
    .description(say('backtest'))
    .argument('<file-or-id>', say('rules.file-or-id'))
    .option('--from <time>', say('backtest.from'))
    .option('--to <time>', say('backtest.to'))
    .option('--class <class>', say('backtest.class'))
    .option('--subject <reference>', say('backtest.subject'), gather)
    .option('--no-wait', say('backtest.no-wait'))
    .action((fileOrId: string, options: BackTestOptions) => backTest(desk, fileOrId, options));
  asList(rules.command('backtests').description(say('backtests')).argument('<id>', say('rules.id')), say)
    .option('--show <number>', say('backtests.show'))
    .option('--cancel <number>', say('backtests.cancel'))
    .action((id: string, options: ListOptions & { show?: string; cancel?: string }) =>
      backTests(desk, id, options),
    );
}

async function backTest(desk: Desk, fileOrId: string, options: BackTestOptions): Promise<void> {
  const { say, shell } = desk;
  const toMs = options.to === undefined ? shell.now() : momentOf(desk, '--to', options.to);
  const fromMs =
    options.from === undefined ? toMs - USUAL_DAYS * DAY_MS : momentOf(desk, '--from', options.from);
  const rule = await ruleAt(desk, fileOrId);
  const body = {
    fromMs: Math.max(0, fromMs),
    toMs,
    ...(rule.text === undefined ? {} : { text: rule.text }),
    ...(options.class === undefined ? {} : { class: options.class }),
    ...(options.subject === undefined ? {} : { references: options.subject }),
  };
  const server = await desk.server();
  const path = `/api/v1/rules/${segment(rule.id)}/back-tests`;
  const asked = await server.post<BackTest>(path, body);
  if (!options.wait) {
    desk.answer(asked, () => desk.line(say('backtest.asked', { id: asked.id ?? '', rule: plain(rule.id) })));
    return;
  }
  const ended = await wait(desk, server, `${path}/${asked.id}`);
  desk.answer(ended, () => showBackTest(desk, ended));
  if (ended.state !== 'finished') throw new Fault(say('backtest.unfinished', stateOf(desk, ended)));
}

/** A file is tried as it lies there, under the id that its name gives; an id as the version the server ships. */
async function ruleAt(desk: Desk, fileOrId: string): Promise<{ id: string; text?: string }> {
  if (!existsSync(fileOrId)) return { id: fileOrId };
  const id = basename(fileOrId).replace(/\.ya?ml$/, '');
  if (!/^[a-z0-9][a-z0-9-]*$/.test(id))
    throw new UsageFault(desk.say('backtest.file-name', { name: basename(fileOrId) }));
  return { id, text: await readFile(fileOrId, 'utf8') };
}

/** Asks until it has ended, with the progress drawn over on a terminal. */
async function wait(desk: Desk, server: Server, path: string): Promise<BackTest> {
  const { shell, say } = desk;
  for (;;) {
    const test = await server.get<BackTest>(path);
    const isUnended = test.state === 'waiting' || test.state === 'running';
    if (shell.isErrTerminal) {
      const { done = 0, total } = test;
      const percent = total ? ` (${Math.floor((done / total) * 100)} %)` : '';
      const said = say('backtest.progress', { done, total: total ?? '?' });
      shell.err(`\r${said}${percent}${isUnended ? '' : '\n'}`);
    }
    if (!isUnended) return test;
    await sleep(LOOK_EVERY_MS);
  }
}

function momentOf(desk: Desk, option: string, text: string): number {
  // A date alone is its beginning in UTC, the same for whoever asks.
  const isWhole = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const ms = isWhole ? Date.parse(text) : Number.NaN;
  if (!Number.isFinite(ms)) throw new UsageFault(desk.say('backtest.bad-time', { option }));
  return ms;
}

async function backTests(
  desk: Desk,
  id: string,
  options: ListOptions & { show?: string; cancel?: string },
): Promise<void> {
  const { say } = desk;
  const server = await desk.server();
  const path = `/api/v1/rules/${segment(id)}/back-tests`;
  if (options.cancel !== undefined) {
    const test = await server.post<BackTest>(`${path}/${segment(options.cancel)}/cancel`);
    desk.answer(test, () => desk.line(say('backtests.canceled', { id: test.id ?? '' })));
    return;
  }
  if (options.show !== undefined) {
    const test = await server.get<BackTest>(`${path}/${segment(options.show)}`);
    desk.answer(test, () => showBackTest(desk, test));
    return;
  }
  const page = await listOf<BackTest>(desk, server, path, options);
  desk.answer(page, () =>
    desk.rows(
      [
        { heading: say('column.id'), cell: test => String(test.id ?? '') },
        { heading: say('column.version'), cell: test => test.version ?? '' },
        { heading: say('column.state'), cell: test => desk.value('backtest-state', test.state) },
        { heading: say('column.from'), cell: test => desk.time(test.from) },
        { heading: say('column.to'), cell: test => desk.time(test.to) },
        { heading: say('backtest.records'), cell: test => String(test.records ?? '') },
        { heading: say('backtest.hits'), cell: test => String(test.hits ?? '') },
        { heading: say('column.actor'), cell: test => test.askedBy ?? '' },
      ],
      page,
      say('backtests.none'),
    ),
  );
}

function stateOf(desk: Desk, test: BackTest): { state: string } {
  return { state: plain(desk.value('backtest-state', test.state)) };
}
