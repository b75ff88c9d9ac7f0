import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { CaseEvent } from '../clocks/clock.ts';
import { rolesAt } from '../registry/people/store.ts';
import type { Case, CaseCode, CaseDesk } from './case.ts';
import { tellClocks } from './events.ts';
import { lockCase, setClosed, setOwner } from './store.ts';
import { writeAct } from './time-line.ts';

/** Who works on a case, and when. */
export interface Hand {
  readonly actor: string;
  readonly atMs: number;
}

/** Moments only a person can know of; noting one moves the clocks. */
export const NOTED_EVENTS = [
  're-verification-notice',
  're-verified',
  'restriction-notice',
  'appeal-received',
  'appeal-answered',
  'appeal-upheld',
  'authority-report-sent',
] as const satisfies readonly CaseEvent[];
export type NotedEvent = (typeof NOTED_EVENTS)[number];

/** The case, locked; refuses `case-not-found`. Row-level security hides other parties' cases. */
export async function takeCase(tx: Tx, caseId: number): Promise<Case> {
  const found = await lockCase(tx, caseId);
  if (found === undefined) throw new Refusal<CaseCode>('case-not-found', { subject: `case/${caseId}` });
  return found;
}

/** `takeCase`, and refuses `case-closed`. */
export async function takeOpenCase(tx: Tx, caseId: number): Promise<Case> {
  const found = await takeCase(tx, caseId);
  if (found.state === 'closed') throw new Refusal<CaseCode>('case-closed', { subject: `case/${caseId}` });
  return found;
}

/**
 * Adds a note, which may say that something happened outside; a closed case takes notes too, for duties
 * outlive it. Returns the act's number.
 */
export async function noteOn(
  tx: Tx,
  desk: CaseDesk,
  caseId: number,
  note: { readonly text: string; readonly event?: NotedEvent | undefined },
  hand: Hand,
): Promise<number> {
  const found = await takeCase(tx, caseId);
  const { event, text } = note;
  if (event === undefined) return await writeAct(tx, found, { kind: 'note', ...hand, detail: { text } });
  const actId = await writeAct(tx, found, { kind: 'event', ...hand, detail: { text, event } });
  await tellClocks(tx, desk, found, event, hand.atMs, hand.actor);
  return actId;
}

/** Gives an open case to a person who has a role at the case's party or above it. Refuses `case-owner-unknown`. */
export async function assignCase(tx: Tx, caseId: number, ownerId: string, hand: Hand): Promise<void> {
  const found = await takeOpenCase(tx, caseId);
  if ((await rolesAt(tx, ownerId, found.partyId)).length === 0)
    throw new Refusal<CaseCode>('case-owner-unknown', { subject: `case/${caseId}` });
  await setOwner(tx, caseId, ownerId);
  await writeAct(tx, found, { kind: 'assigned', ...hand, detail: { owner: ownerId, before: found.ownerId } });
}

/**
 * Closes a case its caller holds and has found free of running measures. Clocks that closing doesn't meet run
 * on: a duty doesn't end with the file.
 */
export async function closeTakenCase(
  tx: Tx,
  desk: CaseDesk,
  found: Case,
  reason: string,
  hand: Hand,
): Promise<void> {
  if (reason.trim() === '')
    throw new Refusal<CaseCode>('case-reason-missing', { subject: `case/${found.caseId}` });
  await setClosed(tx, found.caseId, reason, hand.atMs);
  await writeAct(tx, found, { kind: 'closed', ...hand, detail: { reason } });
  await tellClocks(tx, desk, found, 'case-closed', hand.atMs, hand.actor);
}
