import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { DAY_MS } from '../../../kernel/time.ts';
import { stage } from '../../../spine/ledger/stage.ts';
import { standingFindings } from '../../../spine/views/named-subjects.ts';
import type { GateCode, SourceCode } from '../gate/gate-code.ts';
import { cardsOf, refusedMoves } from '../gate/store.ts';
import { catalogueInForce } from '../source/store.ts';
import { inputFaults, type RiskInputs, type RiskScheme, type RiskSubject, schemeOf, scored } from './risk.ts';
import { addAssessment, addScore, lastScore } from './store.ts';

/** How far back the dynamic part looks. */
const LOOK_BACK_MS = 90 * DAY_MS;
/** Cards of one holder or seller that are looked at for the dynamic part, and refused moves that are counted. */
const MOST_CARDS = 20_000;
const MOST_MOVES = 1_000;

export interface AssessmentAsked {
  readonly subjectId: number;
  readonly partyId: number;
  readonly of: RiskSubject;
  readonly inputs: RiskInputs;
  /** Shorter than the scheme's own term, where somebody says so. */
  readonly untilMs: number | null;
  /** The party that assesses; null for the house itself. */
  readonly byParty: number | null;
  readonly actor: string;
}

export interface Verdict {
  readonly assessmentId: number;
  readonly isPassed: boolean;
  readonly native: number;
  readonly dynamic: number;
  readonly untilMs: number;
}

/**
 * Assesses a subject: scores what was stated and what the house saw, stores both with their reasons, and the verdict
 * that follows (C-02). The transaction is the corridor's; from the door the database lets no verdict pass. Whoever
 * serves a request checks before, through the door, that the subject is one of the actor's.
 * Refuses `risk-inputs-faulty` for inputs other than the scheme in force asks for, and `rules-missing` without one.
 */
export async function assess(tx: Tx, asked: AssessmentAsked, atMs: number): Promise<Verdict> {
  const scheme = await schemeInForce(tx, asked.of);
  const faults = inputFaults(scheme, 'native', asked.inputs);
  if (faults.length > 0)
    throw new Refusal<SourceCode>('risk-inputs-faulty', { detail: { inputs: faults.join(', ') } });
  const { subjectId, partyId, of, actor: by } = asked;
  const whose = { subjectId, partyId, of, scheme: scheme.name, by };
  const native = scored(scheme, 'native', asked.inputs);
  const dynamic = scored(scheme, 'dynamic', await seenOf(tx, asked, scheme, atMs));
  const nativeId = await addScore(tx, { ...whose, part: 'native', ...native });
  const dynamicId = await addScore(tx, { ...whose, part: 'dynamic', ...dynamic });
  return await conclude(
    tx,
    { ...asked, scheme, nativeId, dynamicId, cause: 'asked' },
    native.score,
    dynamic.score,
    atMs,
  );
}

/**
 * Scores the dynamic part again. A score that did not change is stored all the same, as history; a total that fails
 * shuts the gate by a verdict of its own, and no total opens it again: only a new assessment does (C-01).
 */
export async function lookAgain(
  tx: Tx,
  subject: Pick<AssessmentAsked, 'subjectId' | 'partyId' | 'of'>,
  atMs: number,
): Promise<{ readonly dynamic: number; readonly isShut: boolean }> {
  const scheme = await schemeInForce(tx, subject.of);
  const native = await lastScore(tx, subject.subjectId, 'native');
  const dynamic = scored(scheme, 'dynamic', await seenOf(tx, subject, scheme, atMs));
  const by = 'corridor';
  const dynamicId = await addScore(tx, { ...subject, scheme: scheme.name, by, part: 'dynamic', ...dynamic });
  if (native === undefined || native.score + dynamic.score < scheme.failsFrom)
    return { dynamic: dynamic.score, isShut: false };
  const rest = { inputs: {}, untilMs: null, byParty: null, actor: by };
  const concluded = {
    ...subject,
    ...rest,
    scheme,
    nativeId: native.scoreId,
    dynamicId,
    cause: 'dynamic' as const,
  };
  await conclude(tx, concluded, native.score, dynamic.score, atMs);
  return { dynamic: dynamic.score, isShut: true };
}

async function conclude(
  tx: Tx,
  asked: AssessmentAsked & {
    readonly scheme: RiskScheme;
    readonly nativeId: number;
    readonly dynamicId: number;
    readonly cause: 'asked' | 'dynamic';
  },
  native: number,
  dynamic: number,
  atMs: number,
): Promise<Verdict> {
  const { subjectId, partyId, of, scheme, nativeId, dynamicId, cause, byParty, untilMs, actor } = asked;
  const isPassed = native + dynamic < scheme.failsFrom;
  const { validDays } = scheme;
  const stored = await addAssessment(tx, {
    ...{ partyId, subjectId, of, nativeId, dynamicId, isPassed, cause, byParty, untilMs, validDays },
    by: actor,
  });
  await stage(tx, {
    act: isPassed ? 'risk-passed' : 'risk-failed',
    object: `subject/${subjectId}`,
    partyId,
    actor,
    atMs,
    detail: { of, scheme: scheme.name, native, dynamic, cause, assessment: stored.assessmentId },
  });
  return { ...stored, isPassed, native, dynamic };
}

/** What the house saw of a subject and of the cards it holds or sells. */
async function seenOf(
  tx: Tx,
  { subjectId, of }: Pick<AssessmentAsked, 'subjectId' | 'of'>,
  scheme: RiskScheme,
  atMs: number,
): Promise<RiskInputs> {
  const cards = of === 'card' ? [] : await cardsOf(tx, subjectId, of, MOST_CARDS);
  const sinceMs = atMs - LOOK_BACK_MS;
  const { serious, others } = await standingFindings(tx, [subjectId, ...cards], sinceMs);
  const seen: RiskInputs = {
    seriousFindings: serious,
    otherFindings: others,
    refusedMoves: await refusedMoves(tx, [subjectId], sinceMs, MOST_MOVES),
  };
  const faults = inputFaults(scheme, 'dynamic', seen);
  // A scheme may weigh fewer things than are seen, never others.
  const asked = new Set(scheme.dynamic.map(({ input }) => input));
  if (faults.some(input => asked.has(input)))
    throw new Refusal<SourceCode>('risk-inputs-faulty', { detail: { inputs: faults.join(', ') } });
  return Object.fromEntries(Object.entries(seen).filter(([input]) => asked.has(input)));
}

async function schemeInForce(tx: Tx, of: RiskSubject): Promise<RiskScheme> {
  const body = await catalogueInForce(tx, 'card-risk');
  if (body === null) throw new Refusal<GateCode>('rules-missing');
  return schemeOf(body, of);
}
