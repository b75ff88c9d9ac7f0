import type { Command } from 'commander';
import { type Desk, segment } from '../desk.ts';
import { addSheetList, getSheet, postSheet, wordsIn } from './personal-sheets.ts';

export function addNotices(program: Command, desk: Desk): void {
  const { say } = desk;
  const notices = program.command('notices').description(say('notices'));
  const columns = ['id', 'caseId', 'measureId', 'task', 'issuedAt', 'sentAt', 'channel'];
  addSheetList(
    desk,
    notices.command('list').description(say('notices.list')),
    '/api/v1/remedy-notices',
    columns,
    false,
  );
  notices
    .command('show')
    .description(say('notices.show'))
    .argument('<number>', say('personal.id'))
    .action((id: string) => getSheet(desk, `/api/v1/remedy-notices/${segment(id)}`));
  notices
    .command('sent')
    .description(say('notices.sent'))
    .argument('<number>', say('personal.id'))
    .requiredOption('--channel <channel>', say('notices.channel'))
    .option('--proof <sha256>', say('notices.proof'))
    .action((id: string, { channel, proof }: { channel: string; proof?: string }) =>
      postSheet(desk, `/api/v1/remedy-notices/${segment(id)}/sent`, {
        channel,
        ...(proof === undefined ? {} : { proofSha256: proof }),
      }),
    );
}

export function addAppeals(program: Command, desk: Desk): void {
  const { say } = desk;
  const appeals = program.command('appeals').description(say('appeals'));
  const columns = ['id', 'caseId', 'via', 'state', 'receivedAt', 'dueAt', 'answeredAt'];
  addSheetList(desk, appeals.command('list').description(say('appeals.list')), '/api/v1/appeals', columns);
  appeals
    .command('receive')
    .description(say('appeals.receive'))
    .argument('<case>', say('personal.case'))
    .argument('<file>', say('personal.text'))
    .action(async (caseId: string, file: string) =>
      postSheet(desk, `/api/v1/cases/${segment(caseId)}/appeals`, { text: await wordsIn(desk, file) }),
    );
  appeals
    .command('read')
    .description(say('appeals.read'))
    .argument('<number>', say('personal.id'))
    .action((id: string) => postSheet(desk, `/api/v1/appeals/${segment(id)}/looks`));
  appeals
    .command('answer')
    .description(say('appeals.answer'))
    .argument('<number>', say('personal.id'))
    .argument('<outcome>', say('appeals.outcome'))
    .requiredOption('--reason <reason>', say('personal.reason'))
    .action((id: string, outcome: string, { reason }: { reason: string }) =>
      postSheet(desk, `/api/v1/appeals/${segment(id)}/answer`, { outcome, reason }),
    );
}

export function addReVerify(program: Command, desk: Desk): void {
  const { say } = desk;
  const again = program.command('re-verify').description(say('re-verify'));
  const columns = [
    'id',
    'caseId',
    'state',
    'askedAt',
    'dueAt',
    'identityAt',
    'scenarioAt',
    'measureId',
    'notOrdered',
  ];
  addSheetList(
    desk,
    again.command('list').description(say('re-verify.list')),
    '/api/v1/re-verifications',
    columns,
  );
  const act = (id: string, deed: string, body: object) =>
    postSheet(desk, `/api/v1/re-verifications/${segment(id)}/${deed}`, body);
  again
    .command('ask')
    .description(say('re-verify.ask'))
    .argument('<case>', say('personal.case'))
    .requiredOption('--reason <reason>', say('personal.reason'))
    .option('--measure <kind>', say('re-verify.measure'))
    .action((caseId: string, { reason, measure }: { reason: string; measure?: string }) =>
      postSheet(desk, `/api/v1/cases/${segment(caseId)}/re-verifications`, {
        reason,
        ...(measure === undefined ? {} : { onLapse: measure }),
      }),
    );
  again
    .command('identity')
    .description(say('re-verify.identity'))
    .argument('<number>', say('personal.id'))
    .argument('<handle>', say('persons.handle'))
    .action((id: string, person: string) => act(id, 'identity', { person }));
  again
    .command('scenario')
    .description(say('re-verify.scenario'))
    .argument('<number>', say('personal.id'))
    .option('--evidence <sha256>', say('verify-identity.evidence'))
    .action((id: string, { evidence }: { evidence?: string }) =>
      act(id, 'scenario', evidence === undefined ? {} : { evidenceSha256: evidence }),
    );
  again
    .command('fail')
    .description(say('re-verify.fail'))
    .argument('<number>', say('personal.id'))
    .requiredOption('--reason <reason>', say('personal.reason'))
    .action((id: string, options: { reason: string }) => act(id, 'failure', options));
}
