import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { DAY_MS } from '../../kernel/time.ts';
import { takeCase } from '../../spine/cases/work.ts';
import { stage } from '../../spine/ledger/stage.ts';
import type { ModuleDoors } from '../../spine/module-route.ts';
import { type PersonalDataRules, rulesAt } from './catalogue.ts';
import { codeDigest, newCode } from './codes.ts';
import * as store from './informants/store.ts';
import type { Hand, PrivacyCode } from './model.ts';
import { newWriter } from './persons.ts';
import { openValues, sealValues, type Vault } from './vault.ts';

export type { InformantReport } from './informants/store.ts';

/** What people report. */
export const INFORMED = ['fraud', 'card-trade', 'sim-box', 'nuisance', 'data-leak', 'other'] as const;

export interface InformantTold {
  readonly kind: (typeof INFORMED)[number];
  readonly text: string;
  readonly contact?: string | undefined;
  /** Number of the party it is about, as far as the informant knows. */
  readonly about?: number | undefined;
}

/**
 * Takes in what somebody reports, signed in or not (art. 30 ¶3, Decision art. 9). Words and contact go into the vault
 * under a key for this report alone; the receipt code is told once and kept as a digest. It goes to whoever stands
 * above the party it is about, else to the installation's own; an unknown number says nothing back.
 */
export async function receiveReport(
  doors: ModuleDoors,
  editions: readonly PersonalDataRules[],
  vault: Vault,
  told: InformantTold,
): Promise<{ readonly receipt: string; readonly report: store.InformantReport }> {
  const atMs = doors.clock.now();
  const { informants } = rulesAt(editions, atMs);
  const receipt = newCode();
  const report = await doors.database.corridor(async tx => {
    const partyId = await store.receiverFor(tx, told.about ?? null);
    if (partyId === undefined) throw new Refusal<PrivacyCode>('receiver-unknown');
    const hand = { partyId, actor: 'informant', atMs };
    const person = await newWriter(tx, hand, partyId);
    const values = { text: told.text, ...(told.contact === undefined ? {} : { contact: told.contact }) };
    await sealValues(tx, vault, person, 'informant', values, atMs);
    const received = {
      partyId,
      personId: person.personId,
      kind: told.kind,
      hasContact: told.contact !== undefined,
      receivedAtMs: atMs,
      acknowledgeByMs: atMs + informants.acknowledgeDays * DAY_MS,
      answerByMs: atMs + informants.answerDays * DAY_MS,
    };
    const id = await store.insertInformantReport(tx, received, await codeDigest(tx, vault, receipt));
    await tell(tx, 'informant-report-received', { reportId: id, partyId }, hand, {
      kind: told.kind,
      acknowledgeByMs: received.acknowledgeByMs,
      answerByMs: received.answerByMs,
    });
    return (await store.informantReportById(tx, id)) as store.InformantReport;
  });
  return { receipt, report };
}

/** What became of a report, for whoever has its receipt: with the answer in words. Refuses `code-invalid`. */
export async function reportOfReceipt(
  tx: Tx,
  vault: Vault,
  receipt: string,
): Promise<{ readonly report: store.InformantReport; readonly answer: string | null }> {
  const report = await store.informantReportByDigest(tx, await codeDigest(tx, vault, receipt));
  if (report === undefined) throw new Refusal<PrivacyCode>('code-invalid');
  if (report.state !== 'answered') return { report, answer: null };
  const values = await openValues(tx, vault, report.personId, 'informant');
  return { report, answer: values.get('answer')?.toString('utf8') ?? null };
}

/** Tells the informant, by the receipt, that their report is in hands. Refuses `informant-report-unknown`, `…-answered`. */
export async function acknowledgeReport(tx: Tx, hand: Hand, id: number): Promise<store.InformantReport> {
  const held = await take(tx, id);
  if (held.state === 'received') {
    await store.setInformantAcknowledged(tx, id, hand.actor, hand.atMs);
    await tell(tx, 'informant-report-acknowledged', held, hand, { isLate: hand.atMs > held.acknowledgeByMs });
  }
  return (await store.informantReportById(tx, id)) as store.InformantReport;
}

/** Answers a report in words, which the informant reads by the receipt; they lie in the vault as well. */
export async function answerReport(
  tx: Tx,
  vault: Vault,
  hand: Hand,
  id: number,
  answer: { readonly outcome: store.Outcome; readonly text: string; readonly caseId?: number | undefined },
): Promise<store.InformantReport> {
  const held = await take(tx, id);
  const caseId = answer.caseId ?? null;
  if (caseId !== null) await takeCase(tx, caseId);
  await sealValues(tx, vault, held, 'informant', { answer: answer.text }, hand.atMs);
  await store.setInformantAnswered(tx, id, { ...hand, outcome: answer.outcome, caseId });
  await tell(tx, 'informant-report-answered', held, hand, {
    outcome: answer.outcome,
    case: caseId === null ? null : `case/${caseId}`,
    isLate: hand.atMs > held.answerByMs,
  });
  return (await store.informantReportById(tx, id)) as store.InformantReport;
}

/** Background work: what was not acknowledged or answered in time is a missed duty, told once for each. */
export async function missInformants(doors: ModuleDoors): Promise<boolean> {
  const nowMs = doors.clock.now();
  await doors.database.corridor(async tx => {
    for (const { reportId, partyId, duty } of await store.markMissedInformants(tx, nowMs)) {
      const hand = { partyId, actor: 'clocks', atMs: nowMs };
      await tell(tx, 'informant-report-missed', { reportId, partyId }, hand, {
        what: duty,
        duty: `party/${partyId}`,
      });
    }
  });
  return false;
}

async function take(tx: Tx, id: number): Promise<store.InformantReport> {
  const held = await store.lockInformantReport(tx, id);
  if (held === undefined)
    throw new Refusal<PrivacyCode>('informant-report-unknown', { subject: `informant-report/${id}` });
  if (held.state === 'answered')
    throw new Refusal<PrivacyCode>('informant-report-answered', { subject: `informant-report/${id}` });
  return held;
}

async function tell(
  tx: Tx,
  act: string,
  of: Pick<store.InformantReport, 'reportId' | 'partyId'>,
  hand: Hand,
  detail: Record<string, string | number | boolean | null>,
): Promise<void> {
  const { partyId, reportId } = of;
  const object = `informant-report/${reportId}`;
  await stage(tx, { act, object, partyId, actor: hand.actor, atMs: hand.atMs, detail });
}
