import type { Command } from 'commander';
import { type Desk, segment } from '../desk.ts';
import { addSheetList, fileText, numberOf, postSheet, wordsIn } from './personal-sheets.ts';

interface WriteOptions {
  readonly to: string;
  readonly addressee: string;
  readonly about: string;
  readonly basis: string;
  readonly case?: string;
}

export function addReports(program: Command, desk: Desk): void {
  const { say } = desk;
  const reports = program.command('reports').description(say('reports'));
  const columns = ['id', 'addresseeKind', 'addressee', 'about', 'state', 'dueAt', 'sentAt', 'theirNumber'];
  addSheetList(
    desk,
    reports.command('list').description(say('reports.list')),
    '/api/v1/authority-reports',
    columns,
  );
  const act = (id: string, deed: string, body: object = {}) =>
    postSheet(desk, `/api/v1/authority-reports/${segment(id)}/${deed}`, body);
  reports
    .command('write')
    .description(say('reports.write'))
    .argument('<file>', say('personal.text'))
    .requiredOption('--to <kind>', say('reports.to'))
    .requiredOption('--addressee <name>', say('reports.addressee'))
    .requiredOption('--about <kind>', say('reports.about'))
    .requiredOption('--basis <law>', say('reports.basis'))
    .option('--case <number>', say('personal.case'))
    .action(async (file: string, { to, case: caseId, ...rest }: WriteOptions) =>
      postSheet(desk, '/api/v1/authority-reports', {
        ...rest,
        addresseeKind: to,
        text: await wordsIn(desk, file),
        ...(caseId === undefined ? {} : { caseId: numberOf(desk, caseId) }),
      }),
    );
  reports
    .command('sent')
    .description(say('reports.sent'))
    .argument('<number>', say('personal.id'))
    .argument('<file>', say('personal.file'))
    .requiredOption('--channel <channel>', say('notices.channel'))
    .action(async (id: string, file: string, { channel }: { channel: string }) =>
      act(id, 'sent', { channel, proof: await fileText(file) }),
    );
  reports
    .command('acknowledged')
    .description(say('reports.acknowledged'))
    .argument('<number>', say('personal.id'))
    .argument('<their-number>', say('reports.their-number'))
    .action((id: string, theirNumber: string) => act(id, 'acknowledgement', { theirNumber }));
  reports
    .command('read')
    .description(say('reports.read'))
    .argument('<number>', say('personal.id'))
    .action((id: string) => act(id, 'looks'));
}

export function addInformants(program: Command, desk: Desk): void {
  const { say } = desk;
  const informants = program.command('informants').description(say('informants'));
  const columns = ['id', 'kind', 'state', 'hasContact', 'receivedAt', 'acknowledgeBy', 'answerBy', 'outcome'];
  addSheetList(
    desk,
    informants.command('list').description(say('informants.list')),
    '/api/v1/informant-reports',
    columns,
  );
  const act = (id: string, deed: string, body: object = {}) =>
    postSheet(desk, `/api/v1/informant-reports/${segment(id)}/${deed}`, body);
  informants
    .command('read')
    .description(say('informants.read'))
    .argument('<number>', say('personal.id'))
    .option('--contact', say('informants.contact'))
    .option('--case <number>', say('personal.case'))
    .action((id: string, options: { contact?: boolean; case?: string }) =>
      act(id, 'looks', {
        fields: options.contact === true ? ['text', 'contact'] : ['text'],
        ...(options.case === undefined ? {} : { caseId: numberOf(desk, options.case) }),
      }),
    );
  informants
    .command('acknowledge')
    .description(say('informants.acknowledge'))
    .argument('<number>', say('personal.id'))
    .action((id: string) => act(id, 'acknowledgement'));
  informants
    .command('answer')
    .description(say('informants.answer'))
    .argument('<number>', say('personal.id'))
    .argument('<outcome>', say('informants.outcome'))
    .argument('<file>', say('personal.text'))
    .option('--case <number>', say('personal.case'))
    .action(async (id: string, outcome: string, file: string, options: { case?: string }) =>
      act(id, 'answer', {
        outcome,
        text: await wordsIn(desk, file),
        ...(options.case === undefined ? {} : { caseId: numberOf(desk, options.case) }),
      }),
    );
}
