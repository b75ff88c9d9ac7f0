import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Rule } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { offline } from '../offline.ts';
import { Fault } from '../shell.ts';
import { plain } from '../table.ts';
import { addBackTest } from './backtest.ts';
import { showDocument } from './document-sheet.ts';

export function addRules(program: Command, desk: Desk): void {
  const { say } = desk;
  const rules = program.command('rules').description(say('rules'));
  asList(rules.command('list').description(say('rules.list')), say).action((options: ListOptions) =>
    list(desk, options),
  );
  rules
    .command('check')
    .description(say('rules.check'))
    .argument('<file>', say('rules.file'))
    .action(async (file: string) => {
      await stat(file);
      const { document, isGood } = await offline(desk, ['check', file]);
      desk.answer(document, () => showDocument(desk, document));
      if (!isGood) throw new Fault(say('rules.bad'));
      if (!desk.isJson()) desk.line(say('rules.good'));
    });
  rules
    .command('explain')
    .description(say('rules.explain'))
    .argument('<file-or-id>', say('rules.file-or-id'))
    .action((fileOrId: string) => explain(desk, fileOrId));
  addBackTest(rules, desk);
  rules
    .command('arm')
    .description(say('rules.arm'))
    .argument('<id>', say('rules.id'))
    .option('--file <file>', say('rules.arm-file'))
    .action(async (id: string, options: { file?: string }) => {
      const body = options.file === undefined ? {} : { text: await readFile(options.file, 'utf8') };
      const rule = await (await desk.server()).post<Rule>(`/api/v1/rules/${segment(id)}/arm`, body);
      desk.answer(rule, () =>
        desk.line(say('rules.armed', { id: plain(id), version: plain(rule.version ?? '') })),
      );
    });
}

async function list(desk: Desk, options: ListOptions): Promise<void> {
  const { say } = desk;
  const page = await listOf<Rule>(desk, await desk.server(), '/api/v1/rules', options);
  desk.answer(page, () =>
    desk.rows(
      [
        { heading: say('column.rule'), cell: rule => rule.id ?? '' },
        { heading: say('column.title'), cell: rule => desk.name(rule.title) },
        { heading: say('column.severity'), cell: rule => desk.value('severity', rule.severity) },
        { heading: say('column.version'), cell: rule => rule.version ?? '' },
        {
          heading: say('column.armed'),
          cell: rule => (rule.armed === false ? say('rules.unarmed') : desk.time(rule.armedAt)),
        },
      ],
      page,
      say('rules.none'),
    ),
  );
}

/** A file is explained as it lies there; an id as the version the server holds. */
async function explain(desk: Desk, fileOrId: string): Promise<void> {
  if (existsSync(fileOrId)) return explainFile(desk, fileOrId);
  const rule = await (await desk.server()).get<Rule>(`/api/v1/rules/${segment(fileOrId)}`);
  if (rule.text === undefined) throw new Fault(desk.say('rules.no-text', { id: fileOrId }));
  const folder = await mkdtemp(join(tmpdir(), 'thingward-rule-'));
  try {
    // The file bears the rule's id, as a rule's file must; an id that is no plain name never becomes a path.
    const name = /^[a-z0-9][a-z0-9-]*$/.test(rule.id ?? '') ? rule.id : 'rule';
    const path = join(folder, `${name}.yaml`);
    await writeFile(path, rule.text);
    await explainFile(desk, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function explainFile(desk: Desk, path: string): Promise<void> {
  const { document, isGood } = await offline(desk, ['explain', path]);
  desk.answer(document, () => showDocument(desk, document));
  if (!isGood) throw new Fault(desk.say('rules.bad'));
}
