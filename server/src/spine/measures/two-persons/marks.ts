import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { writeAct } from '../../cases/time-line.ts';
import type { Hand } from '../../cases/work.ts';
import { stage } from '../../ledger/stage.ts';
import { loadDossiers } from '../../registry/dossier.ts';
import type { RegistryCode } from '../../registry/registry-code.ts';
import type { TwoPersonsCode } from '../measure.ts';
import type { MeasureDesk } from '../ports.ts';
import { liveMeasuresOn } from '../store.ts';
import * as store from './marks/store.ts';
import { refuseUnlessPerson, waitsOf } from './propose.ts';
import { isCritical, mildKinds } from './store.ts';

export type { Mark } from './marks/store.ts';

/** Why a subject is critical and since when; `isCritical` also by what it is, without a mark. */
export interface Criticality {
  readonly subjectId: number;
  readonly isCritical: boolean;
  /** The newest first. */
  readonly marks: readonly store.Mark[];
}

const MOST_MARKS = 200;

/** Refuses `subject-unknown`. */
export async function criticalityOf(tx: Tx, subjectId: number): Promise<Criticality> {
  const is = await isCritical(tx, subjectId);
  if (is === null) throw unknown(subjectId);
  return { subjectId, isCritical: is, marks: await store.marksOf(tx, subjectId, MOST_MARKS) };
}

/**
 * Marks a subject critical (C-44): from the commit on only two persons stop it. A measure that stops it already goes
 * on, and its case says so, for people to look at.
 * Refuses `subject-unknown`, and `mark-needless` for one that is marked.
 */
export async function markCritical(tx: Tx, subjectId: number, why: string, hand: Hand): Promise<Criticality> {
  const partyId = await partyOf(tx, subjectId);
  const [last] = await store.marksOf(tx, subjectId, 1);
  if (last?.deed === 'marked') throw needless(subjectId);
  await write(tx, { partyId, subjectId, deed: 'marked', why, expiresAtMs: null, ...hand });
  await tellMeasures(tx, subjectId, hand);
  return await criticalityOf(tx, subjectId);
}

/**
 * Takes a mark off: asked by one person, done by another before the request runs out; after that, asking begins anew.
 * Refuses `subject-unknown`, `proposal-needs-person`,
 * `mark-needless` where there is no mark, `mark-needs-another` for whoever asked, and `proposal-needs-supervisor` where
 * neither of the two leads.
 */
export async function unmarkCritical(
  tx: Tx,
  desk: MeasureDesk,
  subjectId: number,
  why: string,
  hand: Hand,
): Promise<Criticality> {
  refuseUnlessPerson(hand.actor);
  const partyId = await partyOf(tx, subjectId);
  const [last] = await store.marksOf(tx, subjectId, 1);
  if (last === undefined || last.deed === 'unmarked') throw needless(subjectId);
  const { atMs } = hand;
  const isAsked = last.deed === 'unmark-asked' && last.atMs <= atMs && atMs < (last.expiresAtMs ?? 0);
  if (isAsked && last.actor === hand.actor)
    throw new Refusal<TwoPersonsCode>('mark-needs-another', { subject: `subject/${subjectId}` });
  if (isAsked && !(await store.leadsAmong(tx, partyId, [last.actor, hand.actor])))
    throw new Refusal<TwoPersonsCode>('proposal-needs-supervisor', { subject: `subject/${subjectId}` });
  const deed = isAsked ? 'unmarked' : 'unmark-asked';
  const expiresAtMs = isAsked ? null : hand.atMs + waitsOf(desk).unmarkMs;
  await write(tx, { partyId, subjectId, deed, why, expiresAtMs, ...hand });
  return await criticalityOf(tx, subjectId);
}

/** The mark, and what the ledger says of it: its reason may name a person and stays outside. */
async function write(tx: Tx, mark: Omit<store.Mark, 'markId'>): Promise<void> {
  await store.insertMark(tx, mark);
  const { partyId, subjectId, deed, actor, atMs } = mark;
  const object = `subject/${subjectId}`;
  await stage(tx, { act: `critical-${deed}`, object, partyId, actor, atMs, detail: {} });
}

async function partyOf(tx: Tx, subjectId: number): Promise<number> {
  const [seen] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
  if (seen === undefined) throw unknown(subjectId);
  return seen.partyId;
}

async function tellMeasures(tx: Tx, subjectId: number, hand: Hand): Promise<void> {
  const mild = await mildKinds(tx);
  for (const measure of await liveMeasuresOn(tx, subjectId)) {
    if (mild.includes(measure.kind)) continue;
    const detail = { measure: measure.measureId, kind: measure.kind, state: measure.state };
    await writeAct(
      tx,
      { caseId: measure.caseId, partyId: measure.partyId },
      { kind: 'critical-while-measure', ...hand, detail },
    );
  }
}

function needless(subjectId: number): Refusal<TwoPersonsCode> {
  return new Refusal<TwoPersonsCode>('mark-needless', { subject: `subject/${subjectId}` });
}

function unknown(subjectId: number): Refusal<RegistryCode> {
  return new Refusal<RegistryCode>('subject-unknown', { subject: `subject/${subjectId}` });
}
