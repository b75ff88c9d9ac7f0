import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { randomId } from '../../kernel/ids.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Case } from '../cases/case.ts';
import { tellClocks } from '../cases/events.ts';
import { hasAct } from '../cases/store.ts';
import { writeAct } from '../cases/time-line.ts';
import { type Hand, takeOpenCase } from '../cases/work.ts';
import { type Asked, askedFor, type Wanted } from './asked.ts';
import type { Measure, MeasureCode, TwoPersonsCode } from './measure.ts';
import { moveMeasure, writeStep } from './move.ts';
import { postLetter } from './outbox/store.ts';
import type { MeasureDesk } from './ports.ts';
import { policyFor, providerById } from './providers/store.ts';
import { insertMeasure, liveMeasure, measuresOfCase } from './store.ts';
import { lesserKinds, needsTwo, proposeForProgram } from './two-persons/propose.ts';
import type { Proposal } from './two-persons/store.ts';

export type { Wanted } from './asked.ts';

/**
 * Orders a measure for an open case: the measure, its steps, the letter to the provider, the clocks and the
 * ledger entries commit together or not at all. Nothing leaves before the commit.
 *
 * A case has one live measure of a kind: ordering it again, also from two callers at once, gives the one
 * there is, with `isNew` false.
 *
 * A measure that stops a critical subject is refused `measure-needs-two-persons`, with the lesser kinds (C-44). What a
 * program wanted waits then as a proposal in the caller's transaction, if that goes on.
 *
 * Refuses `case-not-found`, `case-closed`, `measure-kind-unknown`, `measure-terms-invalid`, `provider-missing`,
 * `provider-unknown`.
 */
export async function orderMeasure(
  tx: Tx,
  desk: MeasureDesk,
  caseId: number,
  wanted: Wanted,
  hand: Hand,
): Promise<{ readonly measure: Measure; readonly isNew: boolean }> {
  const found = await takeOpenCase(tx, caseId);
  const asked = await askedFor(tx, desk, found, wanted);
  const live = await liveMeasure(tx, caseId, asked.kind);
  if (live !== undefined) return { measure: live, isNew: false };
  await refuseCritical(tx, desk, found, asked, hand);
  return { measure: await order(tx, desk, found, asked, null, hand), isNew: true };
}

/**
 * Orders what two persons approved, on a case the caller holds; the database refuses it without their consents. A live
 * measure of the kind is given as it is.
 */
export async function orderApproved(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  proposal: Proposal,
  hand: Hand,
): Promise<Measure> {
  const { proposalId, kind, terms, providerId } = proposal;
  const live = await liveMeasure(tx, found.caseId, kind);
  if (live !== undefined) return live;
  const provider = await providerById(tx, providerId);
  if (provider === undefined)
    throw new Refusal<MeasureCode>('provider-unknown', { subject: `provider/${providerId}` });
  return await order(tx, desk, found, { kind, terms, provider }, proposalId, hand);
}

async function refuseCritical(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  asked: Asked,
  hand: Hand,
): Promise<void> {
  if (!(await needsTwo(tx, found, asked.kind))) return;
  if (!/^(?:person|key)\//.test(hand.actor)) await proposeForProgram(tx, desk, found, asked, hand);
  const lesser = (await lesserKinds(tx, desk)).join(', ');
  throw new Refusal<TwoPersonsCode>('measure-needs-two-persons', {
    subject: `case/${found.caseId}`,
    detail: { kind: asked.kind, lesser },
  });
}

/**
 * What a party's policy makes of a rule's suggestion: orders it where the party said so, otherwise puts it on
 * the time line for a person.
 *
 * A policy orders a kind of measure once in a case: what failed or was lifted is for people to order again.
 * Never throws for what a policy or provider lacks: judging goes on, and the time line says once why nothing
 * was ordered. The measure ordered now, or null.
 */
export async function orderByPolicy(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  suggests: string | null,
  atMs: number,
): Promise<Measure | null> {
  if (suggests === null || found.state === 'closed') return null;
  const policy = await policyFor(tx, found.partyId, found.ruleId);
  const hand = { actor: `policy/${found.ruleId}`, atMs };
  const isOrdered = policy?.mode === 'order';
  const kind = isOrdered ? policy.measure : suggests;
  const earlier = await measuresOfCase(tx, found.caseId);
  if (earlier.some(measure => measure.kind === kind)) return null;
  if (!isOrdered) return await writeOnce(tx, found, 'measure-suggested', hand, { kind });
  try {
    return (await orderMeasure(tx, desk, found.caseId, { kind }, hand)).measure;
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    await writeOnce(tx, found, 'measure-not-ordered', hand, { kind, reason: cause.code });
    return cause.code === 'measure-needs-two-persons' ? await orderLesser(tx, desk, found, hand) : null;
  }
}

/** What a policy may do while two persons decide: the first kind that stops nothing, where the server has one. */
async function orderLesser(tx: Tx, desk: MeasureDesk, found: Case, hand: Hand): Promise<Measure | null> {
  const [kind] = await lesserKinds(tx, desk);
  const earlier = await measuresOfCase(tx, found.caseId);
  if (kind === undefined || earlier.some(measure => measure.kind === kind)) return null;
  return (await orderMeasure(tx, desk, found.caseId, { kind }, hand)).measure;
}

async function writeOnce(
  tx: Tx,
  found: Case,
  kind: 'measure-suggested' | 'measure-not-ordered',
  hand: Hand,
  detail: Canonical,
): Promise<null> {
  if (!(await hasAct(tx, found.caseId, kind))) await writeAct(tx, found, { kind, ...hand, detail });
  return null;
}

async function order(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  asked: Asked,
  proposalId: number | null,
  hand: Hand,
): Promise<Measure> {
  const { partyId, caseId, subjectId } = found;
  const orderKey = randomId();
  const dueAtMs = hand.atMs + asked.provider.settings.dueMs;
  const { providerId } = asked.provider;
  const decided = await insertMeasure(tx, {
    partyId,
    caseId,
    subjectId,
    kind: asked.kind,
    terms: asked.terms,
    providerId,
    orderKey,
    dueAtMs,
    proposalId,
    ...hand,
  });
  // The case is held, and whoever orders holds it: a live measure can't appear between the look and here.
  if (decided === undefined) throw new Error(`case ${caseId} got a ${asked.kind} from elsewhere while held`);
  await writeStep(tx, decided, null, 'decided', hand, {
    ...asked.terms,
    ...(proposalId === null ? {} : { proposal: proposalId }),
  });
  const letter = { partyId, measureId: decided.measureId, deed: 'apply', orderKey, atMs: hand.atMs } as const;
  await postLetter(tx, { ...letter, isInBatch: asked.isInBatch });
  const ordered = await moveMeasure(tx, decided, 'ordered', hand, { dueAtMs, provider: providerId });
  await tellClocks(tx, desk, found, 'measure-ordered', hand.atMs, hand.actor);
  return ordered;
}
