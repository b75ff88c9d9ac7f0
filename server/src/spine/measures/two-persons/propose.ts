import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { DAY_MS } from '../../../kernel/time.ts';
import type { Case } from '../../cases/case.ts';
import { writeAct } from '../../cases/time-line.ts';
import { type Hand, takeOpenCase } from '../../cases/work.ts';
import { type Asked, askedFor, type Wanted } from '../asked.ts';
import type { TwoPersonsCode } from '../measure.ts';
import type { MeasureDesk, TwoPersonWaits } from '../ports.ts';
import { liveMeasure } from '../store.ts';
import * as store from './store.ts';

/** How long what one person asked waits for another, where no catalogue says. */
const WAIT_MS = 3 * DAY_MS;

export function waitsOf({ waits }: MeasureDesk): TwoPersonWaits {
  return waits ?? { proposalMs: WAIT_MS, unmarkMs: WAIT_MS };
}

/** Refuses an act of a key or a program: two persons are two persons. */
export function refuseUnlessPerson(actor: string): void {
  if (!actor.startsWith('person/')) throw new Refusal<TwoPersonsCode>('proposal-needs-person');
}

/**
 * Proposes a measure that stops a critical subject, for another person to approve (C-44); who proposes has said yes
 * to it. While one of the kind waits in the case, that one is given, with `isNew` false.
 *
 * Refuses `proposal-needs-person`, `proposal-needless` where the measure may simply be ordered or is, and what ordering does.
 */
export async function proposeMeasure(
  tx: Tx,
  desk: MeasureDesk,
  caseId: number,
  wanted: Wanted & { readonly why: string },
  hand: Hand,
): Promise<{ readonly proposal: store.Proposal; readonly isNew: boolean }> {
  refuseUnlessPerson(hand.actor);
  const found = await takeOpenCase(tx, caseId);
  const asked = await askedFor(tx, desk, found, wanted);
  const live = await liveMeasure(tx, caseId, asked.kind);
  if (live !== undefined || !(await needsTwo(tx, found, asked.kind)))
    throw new Refusal<TwoPersonsCode>('proposal-needless', { subject: `case/${caseId}` });
  const waiting = await store.newestProposal(tx, caseId, asked.kind);
  if (waiting !== undefined && isWaiting(waiting, hand.atMs)) return { proposal: waiting, isNew: false };
  const proposal = await write(tx, desk, found, asked, wanted.why, hand);
  await store.insertConsent(tx, proposal, hand.actor, hand.atMs);
  return { proposal: (await store.proposalById(tx, proposal.proposalId)) as store.Proposal, isNew: true };
}

/** Whether only two persons may order the kind on the case's subject. */
export async function needsTwo(tx: Tx, found: Case, kind: string): Promise<boolean> {
  if ((await store.mildKinds(tx)).includes(kind)) return false;
  return (await store.isCritical(tx, found.subjectId)) === true;
}

/**
 * What a program would have ordered waits for two persons instead, proposed by it once in a case: what was refused,
 * withdrawn or ran out is for people to propose again.
 */
export async function proposeForProgram(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  asked: Asked,
  hand: Hand,
): Promise<void> {
  const newest = await store.newestProposal(tx, found.caseId, asked.kind);
  if (newest === undefined) await write(tx, desk, found, asked, hand.actor, hand);
}

/** Kinds of measures that may be ordered in place of one that stops a critical subject. */
export async function lesserKinds(tx: Tx, desk: MeasureDesk): Promise<string[]> {
  const mild = await store.mildKinds(tx);
  return desk.kinds.map(each => each.kind).filter(kind => mild.includes(kind));
}

export function isWaiting(proposal: store.Proposal, nowMs: number): boolean {
  return proposal.decision === null && nowMs < proposal.expiresAtMs;
}

async function write(
  tx: Tx,
  desk: MeasureDesk,
  found: Case,
  asked: Asked,
  why: string,
  hand: Hand,
): Promise<store.Proposal> {
  const { partyId, caseId, subjectId } = found;
  const { kind, terms, provider } = asked;
  const expiresAtMs = hand.atMs + waitsOf(desk).proposalMs;
  const proposalId = await store.insertProposal(tx, {
    partyId,
    caseId,
    subjectId,
    kind,
    terms,
    providerId: provider.providerId,
    why,
    proposedBy: hand.actor,
    proposedAtMs: hand.atMs,
    expiresAtMs,
  });
  const detail = { proposal: proposalId, kind, why, expiresAtMs };
  await writeAct(tx, found, { kind: 'measure-proposed', ...hand, detail });
  return (await store.proposalById(tx, proposalId)) as store.Proposal;
}
