import type { Command } from 'commander';
import { type Desk, segment } from '../desk.ts';
import { addSheetList, fileText, getSheet, postSheet, wordsIn } from './personal-sheets.ts';

interface EnterOptions {
  readonly class: string;
  readonly authority: string;
  readonly level: string;
  readonly number: string;
  readonly date: string;
  readonly decision: string;
}

export function addCredit(program: Command, desk: Desk): void {
  const { say } = desk;
  const credit = program.command('credit').description(say('credit'));
  const columns = [
    'id',
    'person',
    'class',
    'authority',
    'decisionNumber',
    'state',
    'repairableFrom',
    'endsOn',
    'appealState',
  ];
  addSheetList(
    desk,
    credit.command('list').description(say('credit.list')),
    '/api/v1/credit-entries',
    columns,
  );
  const act = (id: string, deed: string, body: object) =>
    postSheet(desk, `/api/v1/credit-entries/${segment(id)}/${deed}`, body);
  credit
    .command('show')
    .description(say('credit.show'))
    .argument('<number>', say('personal.id'))
    .action((id: string) => getSheet(desk, `/api/v1/credit-entries/${segment(id)}`));
  credit
    .command('enter')
    .description(say('credit.enter'))
    .argument('<handle>', say('persons.handle'))
    .requiredOption('--class <class>', say('credit.class'))
    .requiredOption('--authority <name>', say('credit.authority'))
    .requiredOption('--level <level>', say('credit.level'))
    .requiredOption('--number <number>', say('credit.number'))
    .requiredOption('--date <day>', say('credit.date'))
    .requiredOption('--decision <file>', say('credit.decision'))
    .action(async (handle: string, options: EnterOptions) =>
      postSheet(desk, `/api/v1/persons/${segment(handle)}/credit-entries`, {
        class: options.class,
        authority: options.authority,
        authorityLevel: options.level,
        decisionNumber: options.number,
        decisionDate: options.date,
        decision: await fileText(options.decision),
      }),
    );
  credit
    .command('appeal')
    .description(say('credit.appeal'))
    .argument('<number>', say('personal.id'))
    .argument('<file>', say('personal.text'))
    .action(async (id: string, file: string) => act(id, 'appeal', { text: await wordsIn(desk, file) }));
  credit
    .command('answer')
    .description(say('credit.answer'))
    .argument('<number>', say('personal.id'))
    .argument('<outcome>', say('appeals.outcome'))
    .action((id: string, outcome: string) => act(id, 'appeal/answer', { outcome }));
  credit
    .command('repair')
    .description(say('credit.repair'))
    .argument('<number>', say('personal.id'))
    .requiredOption('--duties <file>', say('credit.duties'))
    .requiredOption('--pledge <file>', say('credit.pledge'))
    .action(async (id: string, { duties, pledge }: { duties: string; pledge: string }) =>
      act(id, 'repair', { duties: await fileText(duties), pledge: await fileText(pledge) }),
    );
}
