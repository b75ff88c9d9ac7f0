import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { randomId } from '../../kernel/ids.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Case } from '../cases/case.ts';
import { tellClocks } from '../cases/events.ts';
import { hasAct } from '../cases/store.ts';
import { writeAct } from '../cases/time-line.ts';
import { type Hand, takeOpenCase } from '../cases/work.ts';
import type { Measure, MeasureCode, MeasureKind, Provider, Terms } from './measure.ts';
import { moveMeasure, writeStep } from './move.ts';
import { postLetter } from './outbox/store.ts';
import type { MeasureDesk } from './ports.ts';
import { policyFor, providerById, providersOf } from './providers/store.ts';
import { insertMeasure, liveMeasure, measuresOfCase } from './store.ts';

export interface Wanted {
  readonly kind: string;
  readonly terms?: Terms | undefined;
  /** The provider to order from; by default the party's first. */
  readonly providerId?: number | undefined;
}

/**
 * Orders a measure for an open case: the measure, its steps, the letter to the provider, the clocks and the
 * ledger entries commit together or not at all. Nothing leaves before the commit.
 *
 * A case has one live measure of a kind: ordering it again, also from two callers at once, gives the one
 * there is, with `isNew` false.
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
  const kind = kindNamed(desk, wanted.kind);
  const terms = termsFor(kind, wanted.terms ?? {});
  const provider = await providerFor(tx, found, wanted.providerId);
  const live = await liveMeasure(tx, caseId, kind.kind);
  if (live !== undefined) return { measure: live, isNew: false };
  const measure = await order(tx, desk, found, { kind: kind.kind, terms, provider }, hand);
  return { measure, isNew: true };
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
    return await writeOnce(tx, found, 'measure-not-ordered', hand, { kind, reason: cause.code });
  }
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
  asked: { readonly kind: string; readonly terms: Terms; readonly provider: Provider },
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
    ...hand,
  });
  // The case is held, and whoever orders holds it: a live measure can't appear between the look and here.
  if (decided === undefined) throw new Error(`case ${caseId} got a ${asked.kind} from elsewhere while held`);
  await writeStep(tx, decided, null, 'decided', hand, { ...asked.terms });
  await postLetter(tx, { partyId, measureId: decided.measureId, deed: 'apply', orderKey, atMs: hand.atMs });
  const ordered = await moveMeasure(tx, decided, 'ordered', hand, { dueAtMs, provider: providerId });
  await tellClocks(tx, desk, found, 'measure-ordered', hand.atMs, hand.actor);
  return ordered;
}

function kindNamed(desk: MeasureDesk, name: string): MeasureKind {
  const kind = desk.kinds.find(candidate => candidate.kind === name);
  if (kind === undefined) throw new Refusal<MeasureCode>('measure-kind-unknown', { detail: { kind: name } });
  return kind;
}

/** Every term of the kind, as asked or by default; a term or value the kind doesn't know is refused. */
function termsFor(kind: MeasureKind, asked: Terms): Terms {
  for (const [name, value] of Object.entries(asked)) {
    if (kind.terms[name]?.includes(value) === true) continue;
    throw new Refusal<MeasureCode>('measure-terms-invalid', { detail: { kind: kind.kind, term: name } });
  }
  return Object.fromEntries(
    Object.entries(kind.terms).map(([name, values]) => [name, asked[name] ?? (values[0] as string)]),
  );
}

async function providerFor(tx: Tx, found: Case, providerId: number | undefined): Promise<Provider> {
  if (providerId === undefined) {
    const [first] = await providersOf(tx, found.partyId);
    if (first === undefined)
      throw new Refusal<MeasureCode>('provider-missing', { subject: `party/${found.partyId}` });
    return first;
  }
  const provider = await providerById(tx, providerId);
  if (provider === undefined || provider.partyId !== found.partyId)
    throw new Refusal<MeasureCode>('provider-unknown', { subject: `provider/${providerId}` });
  return provider;
}
