import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Quarantined } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { plain } from '../table.ts';
import { sourceNamed } from './source-named.ts';

interface QuarantineListOptions extends ListOptions {
  readonly state?: string;
  readonly source?: string;
}

export function addQuarantine(program: Command, desk: Desk): void {
  const { say } = desk;
  const quarantine = program.command('quarantine').description(say('quarantine'));
  asList(quarantine.command('list').description(say('quarantine.list')), say)
    .option('--state <state>', say('quarantine.state'))
    .option('--source <source>', say('quarantine.source'))
    .action((options: QuarantineListOptions) => list(desk, options));
  quarantine
    .command('show')
    .description(say('quarantine.show'))
    .argument('<id>', say('quarantine.id'))
    .action((id: string) => show(desk, id));
  quarantine
    .command('mend')
    .description(say('quarantine.mend'))
    .argument('<id>', say('quarantine.id'))
    .option('--text <text>', say('quarantine.text'))
    .option('--file <file>', say('quarantine.file'))
    .action(async (id: string, options: { text?: string; file?: string }) => {
      const mended = options.text ?? (await mendedText(desk, options.file));
      await act(desk, id, 'replay', { mended });
    });
  quarantine
    .command('replay')
    .description(say('quarantine.replay'))
    .argument('<id>', say('quarantine.id'))
    .action((id: string) => act(desk, id, 'replay', {}));
  quarantine
    .command('discard')
    .description(say('quarantine.discard'))
    .argument('<id>', say('quarantine.id'))
    .requiredOption('--reason <reason>', say('quarantine.why'))
    .action((id: string, options: { reason: string }) => act(desk, id, 'discard', options));
}

async function list(desk: Desk, options: QuarantineListOptions): Promise<void> {
  const { say } = desk;
  const server = await desk.server();
  const source =
    options.source === undefined ? undefined : String((await sourceNamed(desk, server, options.source)).id);
  const query = { state: options.state, source };
  const page = await listOf<Quarantined>(desk, server, '/api/v1/quarantine', options, query);
  desk.answer(page, () =>
    desk.rows(
      [
        { heading: say('column.id'), cell: held => String(held.id ?? '') },
        { heading: say('column.batch'), cell: held => String(held.batchId ?? '') },
        { heading: say('column.place'), cell: held => held.place ?? '' },
        { heading: say('column.reason'), cell: held => held.reason ?? '' },
        { heading: say('column.state'), cell: held => desk.value('quarantine', held.state) },
      ],
      page,
      say('quarantine.none'),
    ),
  );
}

async function show(desk: Desk, id: string): Promise<void> {
  const { say } = desk;
  const held = await (await desk.server()).get<Quarantined>(`/api/v1/quarantine/${segment(id)}`);
  desk.answer(held, () => {
    desk.pairs([
      [say('column.id'), held.id],
      [say('column.batch'), held.batchId],
      [say('column.record'), held.recordNo],
      [say('column.place'), held.place],
      [say('column.reason'), held.reason],
      [say('column.detail'), JSON.stringify(held.detail ?? {})],
      [say('column.state'), desk.value('quarantine', held.state)],
    ]);
    desk.line('');
    for (const line of rawLines(held)) desk.line(plain(line));
  });
}

function rawLines(held: Quarantined): readonly string[] {
  if (typeof held.text === 'string') return held.text.split('\n');
  const hex = Buffer.from(held.raw ?? '', 'base64').toString('hex');
  return hex.match(/.{1,64}/g) ?? [];
}

async function mendedText(desk: Desk, file: string | undefined): Promise<string> {
  if (file !== undefined && file !== '-') return readFile(file, 'utf8');
  let text = '';
  for await (const chunk of desk.shell.stdin) text += String(chunk);
  return text;
}

async function act(
  desk: Desk,
  id: string,
  deed: 'replay' | 'discard',
  body: { mended?: string; reason?: string },
): Promise<void> {
  const server = await desk.server();
  const answer = await server.post<Quarantined>(`/api/v1/quarantine/${segment(id)}/${deed}`, body);
  desk.answer(answer, () =>
    desk.line(desk.say(deed === 'replay' ? 'quarantine.replayed' : 'quarantine.discarded', { id })),
  );
}
