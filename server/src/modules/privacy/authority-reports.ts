import { sha256 } from '../../kernel/bytes.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { HOUR_MS } from '../../kernel/time.ts';
import { takeCase } from '../../spine/cases/work.ts';
import { stage } from '../../spine/ledger/stage.ts';
import { noteOnCase } from '../../spine/measures/lift.ts';
import type { MeasureDesk } from '../../spine/measures/ports.ts';
import type { ModuleDoors } from '../../spine/module-route.ts';
import * as store from './authority/store.ts';
import { type PersonalDataRules, rulesAt } from './catalogue.ts';
import { attached } from './files.ts';
import type { Hand, PrivacyCode } from './model.ts';
import { newWriter } from './persons.ts';
import { sealValues, type Vault } from './vault.ts';

export type { AuthorityReport } from './authority/store.ts';

/** What is reported: SIM boxes, caller-id changers, account switchers, code-receiving platforms (art. 14), or else. */
export const REPORTED = [
  'sim-box',
  'caller-id-changer',
  'address-switcher',
  'code-receiving-platform',
  'suspected-fraud',
  'card-trade',
] as const;

export interface ReportTold {
  readonly addresseeKind: 'police' | 'regulator';
  readonly addressee: string;
  readonly about: (typeof REPORTED)[number];
  readonly basis: string;
  readonly caseId?: number | undefined;
  /** What is reported, which may name people: it goes into the vault. */
  readonly text: string;
}

/**
 * Writes a report to the police or the regulator (art. 14, C-47); it is to be sent within the hours that the catalogue
 * says. Refuses `case-not-found`.
 */
export async function writeReport(
  tx: Tx,
  editions: readonly PersonalDataRules[],
  vault: Vault,
  hand: Hand,
  told: ReportTold,
): Promise<store.AuthorityReport> {
  const partyId = told.caseId === undefined ? hand.partyId : (await takeCase(tx, told.caseId)).partyId;
  const person = await newWriter(tx, hand, partyId);
  const { addresseeKind, addressee, about, basis, text } = told;
  await sealValues(tx, vault, person, 'authority', { text }, hand.atMs);
  const dueAtMs = hand.atMs + rulesAt(editions, hand.atMs).authorityReportHours * HOUR_MS;
  const reportId = await store.insertReport(tx, {
    partyId,
    caseId: told.caseId ?? null,
    personId: person.personId,
    addresseeKind,
    addressee,
    about,
    basis,
    textSha256: sha256(text).toString('hex'),
    writtenAtMs: hand.atMs,
    writtenBy: hand.actor,
    dueAtMs,
  });
  const written = (await store.reportById(tx, reportId)) as store.AuthorityReport;
  await tell(tx, 'authority-report-written', written, hand, {
    addresseeKind,
    about,
    case: told.caseId === undefined ? null : `case/${told.caseId}`,
    dueAtMs,
  });
  return written;
}

/**
 * Puts down that a report was sent: when, by which channel, with what shows it, which is kept sealed and whose digest
 * the ledger has; the case it is about says so, and the task of its ladder is done with it. Refuses `report-unknown`, `report-state-wrong`, `file-digest-differs`.
 */
export async function reportSent(
  tx: Tx,
  desk: MeasureDesk,
  vault: Vault,
  hand: Hand,
  id: number,
  sent: { readonly channel: string; readonly proof: string },
): Promise<store.AuthorityReport> {
  // The case is locked before what belongs to it, everywhere.
  const seen = await store.reportById(tx, id);
  if (seen?.caseId) await takeCase(tx, seen.caseId);
  const held = await take(tx, id, 'written');
  const proof = attached(sent.proof);
  await sealValues(tx, vault, held, 'authority', { proof: proof.bytes }, hand.atMs);
  const { channel } = sent;
  await store.setReportSent(tx, id, { ...hand, channel, proofSha256: proof.sha256 });
  await tell(tx, 'authority-report-sent', held, hand, {
    channel,
    proofSha256: proof.sha256,
    isLate: hand.atMs > held.dueAtMs,
  });
  const text = `authority-report/${id}: ${channel}`;
  if (held.caseId !== null)
    await noteOnCase(tx, desk, held.caseId, { text, event: 'authority-report-sent' }, hand);
  return (await store.reportById(tx, id)) as store.AuthorityReport;
}

/** Puts down that the addressee took it, under their number. */
export async function reportAcknowledged(
  tx: Tx,
  hand: Hand,
  id: number,
  theirNumber: string,
): Promise<store.AuthorityReport> {
  const held = await take(tx, id, 'sent');
  await store.setReportAcknowledged(tx, id, hand.atMs, theirNumber);
  await tell(tx, 'authority-report-acknowledged', held, hand, {});
  return (await store.reportById(tx, id)) as store.AuthorityReport;
}

/** Background work: a report that was not sent in time is a missed duty, told once. */
export async function missReports(doors: ModuleDoors): Promise<boolean> {
  const nowMs = doors.clock.now();
  await doors.database.corridor(async tx => {
    for (const { reportId, partyId, dueAtMs } of await store.markMissedReports(tx, nowMs)) {
      const hand = { partyId, actor: 'clocks', atMs: nowMs };
      await tell(tx, 'authority-report-missed', { reportId, partyId }, hand, {
        dueAtMs,
        duty: `party/${partyId}`,
      });
    }
  });
  return false;
}

async function take(
  tx: Tx,
  id: number,
  state: store.AuthorityReport['state'],
): Promise<store.AuthorityReport> {
  const held = await store.lockReport(tx, id);
  if (held === undefined)
    throw new Refusal<PrivacyCode>('report-unknown', { subject: `authority-report/${id}` });
  if (held.state !== state) {
    const detail = { state: held.state };
    throw new Refusal<PrivacyCode>('report-state-wrong', { subject: `authority-report/${id}`, detail });
  }
  return held;
}

async function tell(
  tx: Tx,
  act: string,
  of: Pick<store.AuthorityReport, 'reportId' | 'partyId'>,
  hand: Hand,
  detail: Record<string, string | number | boolean | null>,
): Promise<void> {
  const { partyId, reportId } = of;
  const object = `authority-report/${reportId}`;
  await stage(tx, { act, object, partyId, actor: hand.actor, atMs: hand.atMs, detail });
}
