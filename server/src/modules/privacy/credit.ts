import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { DAY_MS, rfc3339 } from '../../kernel/time.ts';
import { stage } from '../../spine/ledger/stage.ts';
import type { ModuleDoors } from '../../spine/module-route.ts';
import { type CreditClass, type PersonalDataRules, rulesAt } from './catalogue.ts';
import * as store from './credit/store.ts';
import { attached } from './files.ts';
import type { Hand, PrivacyCode } from './model.ts';
import { livingPerson } from './persons.ts';
import { sealValues, type Vault } from './vault.ts';

export type { CreditEntry } from './credit/store.ts';

/** Who may find that somebody traded or lent cards: police from a prefecture up (art. 31 ¶2). */
export const AUTHORITY_LEVELS = ['prefecture', 'province', 'ministry'] as const;

export interface CreditTold {
  readonly class: CreditClass;
  readonly authority: string;
  readonly authorityLevel: (typeof AUTHORITY_LEVELS)[number];
  readonly decisionNumber: string;
  readonly decisionDate: string;
  /** The document of the decision, base64. */
  readonly decision?: string | undefined;
}

/** Days are counted where the regime holds. */
const ZONE_MS = 8 * 3_600_000;

/**
 * Enters a decision that confirms a person's offence into their credit record (art. 31; C-47). Without the document
 * there is no entry: it is kept sealed, its digest in the entry and the ledger. The term runs from the decision's
 * date, by the class. Refuses `decision-missing`, `person-unknown`, `person-shredded`, `credit-entry-known`,
 * `decision-date-ahead`.
 */
export async function enterCredit(
  tx: Tx,
  editions: readonly PersonalDataRules[],
  vault: Vault,
  hand: Hand,
  handle: string,
  told: CreditTold,
): Promise<store.CreditEntry> {
  if (told.decision === undefined) throw new Refusal<PrivacyCode>('decision-missing');
  const decision = attached(told.decision);
  const person = await livingPerson(tx, handle);
  if (told.decisionDate > dayOf(hand.atMs)) throw new Refusal<PrivacyCode>('decision-date-ahead');
  const rules = rulesAt(editions, hand.atMs);
  const term = rules.credit.classes[told.class];
  const { decision: _document, ...rest } = told;
  const entryId = await store.insertEntry(tx, {
    ...rest,
    partyId: person.partyId,
    personId: person.personId,
    decisionSha256: decision.sha256,
    regime: rules.edition,
    repairableFrom: monthsAfter(told.decisionDate, term.repairableMonths),
    endsOn: monthsAfter(told.decisionDate, term.endsMonths),
    recordedAtMs: hand.atMs,
    recordedBy: hand.actor,
  });
  if (entryId === undefined)
    throw new Refusal<PrivacyCode>('credit-entry-known', { subject: `holder/${handle}` });
  await sealValues(tx, vault, person, 'credit', { [`decision/${entryId}`]: decision.bytes }, hand.atMs);
  const entry = (await store.entryById(tx, entryId)) as store.CreditEntry;
  await step(tx, entry, 'recorded', hand, decision.sha256);
  return entry;
}

/** Takes in the person's appeal against an entry; answered within the days that the catalogue says. */
export async function appealCredit(
  tx: Tx,
  editions: readonly PersonalDataRules[],
  vault: Vault,
  hand: Hand,
  id: number,
  text: string,
): Promise<store.CreditEntry> {
  const held = await take(tx, id);
  if (held.appealState === 'received')
    throw new Refusal<PrivacyCode>('credit-appeal-state-wrong', { subject: `credit-entry/${id}` });
  await sealValues(tx, vault, held, 'credit', { [`appeal/${id}`]: text }, hand.atMs);
  const dueAtMs = hand.atMs + rulesAt(editions, hand.atMs).credit.appealDays * DAY_MS;
  await store.setAppeal(tx, id, 'received', dueAtMs);
  await step(tx, held, 'appeal-received', hand, null);
  return (await store.entryById(tx, id)) as store.CreditEntry;
}

/** Answers it; upheld, the entry is withdrawn in the same transaction. Who entered it does not answer. */
export async function answerCreditAppeal(
  tx: Tx,
  hand: Hand,
  id: number,
  outcome: 'upheld' | 'rejected',
): Promise<store.CreditEntry> {
  const held = await take(tx, id);
  if (held.appealState !== 'received')
    throw new Refusal<PrivacyCode>('credit-appeal-state-wrong', { subject: `credit-entry/${id}` });
  if (held.recordedBy === hand.actor)
    throw new Refusal<PrivacyCode>('appeal-own-decision', { subject: `credit-entry/${id}` });
  await store.setAppeal(tx, id, outcome, null);
  await step(tx, held, `appeal-${outcome}`, hand, null);
  if (outcome === 'upheld') {
    await store.setEntryState(tx, id, 'withdrawn');
    await step(tx, held, 'withdrawn', hand, null);
  }
  return (await store.entryById(tx, id)) as store.CreditEntry;
}

/**
 * Repairs an entry: from the day its class allows, with what shows that duties were done and a pledge was made.
 * Refuses `credit-not-repairable` before that day, with the day.
 */
export async function repairCredit(
  tx: Tx,
  vault: Vault,
  hand: Hand,
  id: number,
  shown: { readonly duties: string; readonly pledge: string },
): Promise<store.CreditEntry> {
  const held = await take(tx, id);
  if (dayOf(hand.atMs) < held.repairableFrom) {
    const detail = { from: held.repairableFrom };
    throw new Refusal<PrivacyCode>('credit-not-repairable', { subject: `credit-entry/${id}`, detail });
  }
  const duties = attached(shown.duties);
  const pledge = attached(shown.pledge);
  const values = { [`duties/${id}`]: duties.bytes, [`pledge/${id}`]: pledge.bytes };
  await sealValues(tx, vault, held, 'credit', values, hand.atMs);
  await step(tx, held, 'duties-shown', hand, duties.sha256);
  await step(tx, held, 'pledge-made', hand, pledge.sha256);
  await store.setEntryState(tx, id, 'repaired');
  await step(tx, held, 'repaired', hand, null);
  return (await store.entryById(tx, id)) as store.CreditEntry;
}

/** Background work: an entry ends by itself with its longest term. */
export async function endCredit(doors: ModuleDoors): Promise<boolean> {
  const nowMs = doors.clock.now();
  return doors.database.corridor(async tx => {
    const over = await store.entriesToEnd(tx, dayOf(nowMs), 200);
    for (const entry of over) {
      await store.setEntryState(tx, entry.entryId, 'ended');
      await step(tx, entry, 'ended', { partyId: entry.partyId, actor: 'clocks', atMs: nowMs }, null);
    }
    return over.length === 200;
  });
}

/** The same day so many months later, the month's last where it has no such day. */
export function monthsAfter(day: string, months: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0));
  return new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), Math.min(date, last.getUTCDate())))
    .toISOString()
    .slice(0, 10);
}

const dayOf = (ms: number): string => rfc3339(ms + ZONE_MS).slice(0, 10);

async function take(tx: Tx, id: number): Promise<store.CreditEntry> {
  const held = await store.lockEntry(tx, id);
  if (held === undefined)
    throw new Refusal<PrivacyCode>('credit-entry-unknown', { subject: `credit-entry/${id}` });
  if (held.state !== 'recorded') {
    const detail = { state: held.state };
    throw new Refusal<PrivacyCode>('credit-entry-over', { subject: `credit-entry/${id}`, detail });
  }
  return held;
}

async function step(
  tx: Tx,
  entry: Pick<store.CreditEntry, 'entryId' | 'partyId'>,
  name: string,
  hand: Hand,
  proofSha256: string | null,
): Promise<void> {
  await store.insertCreditStep(tx, entry, { step: name, atMs: hand.atMs, actor: hand.actor, proofSha256 });
  await stage(tx, {
    act: `credit-entry-${name}`,
    object: `credit-entry/${entry.entryId}`,
    partyId: entry.partyId,
    actor: hand.actor,
    atMs: hand.atMs,
    detail: { proofSha256 },
  });
}
