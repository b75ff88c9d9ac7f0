import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import type { Logger } from '../../../kernel/log.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import type { Clock } from '../../../kernel/time.ts';
import type { ActKind, Case } from '../../cases/case.ts';
import { writeAct } from '../../cases/time-line.ts';
import { type Hand, takeCase, takeOpenCase } from '../../cases/work.ts';
import { tellRungOrdered } from '../ladder/climb.ts';
import type { Measure, TwoPersonsCode } from '../measure.ts';
import { orderApproved } from '../order.ts';
import type { MeasureDesk } from '../ports.ts';
import { refuseUnlessPerson } from './propose.ts';
import * as store from './store.ts';

const ACTS: Readonly<Record<store.Decision, ActKind>> = {
  approved: 'proposal-approved',
  refused: 'proposal-refused',
  withdrawn: 'proposal-withdrawn',
  expired: 'proposal-expired',
};

/**
 * Says yes to a proposal. With the second person it is approved and its measure ordered in the same transaction; what a
 * program proposed waits on after the first. Both must still hold a role that orders, and one of them lead; the
 * database looks at that again when the measure is written. Two who approve at once come one after the other.
 *
 * Refuses `proposal-needs-person`, `proposal-not-found`, `proposal-decided`, `proposal-expired`, `proposal-from-later`,
 * `proposal-by-the-same`, `proposal-needs-supervisor`, and what ordering does.
 */
export async function approveProposal(
  tx: Tx,
  desk: MeasureDesk,
  proposalId: number,
  hand: Hand,
): Promise<{ readonly proposal: store.Proposal; readonly measure: Measure | null }> {
  refuseUnlessPerson(hand.actor);
  const { found, proposal } = await held(tx, proposalId, takeOpenCase);
  refuseOver(proposal, hand.atMs);
  if (proposal.consents.includes(hand.actor)) throw no('proposal-by-the-same', proposalId);
  await store.insertConsent(tx, proposal, hand.actor, hand.atMs);
  const { persons, leaders } = await store.consentsOf(tx, proposalId);
  if (persons >= 2 && leaders === 0) throw no('proposal-needs-supervisor', proposalId);
  let measure: Measure | null = null;
  if (persons >= 2) {
    await decide(tx, found, proposal, 'approved', '', hand);
    measure = await orderApproved(tx, desk, found, proposal, hand);
    await tellRungOrdered(tx, desk, found, measure, hand);
  } else {
    const detail = { proposal: proposalId, kind: proposal.kind };
    await writeAct(tx, found, { kind: 'proposal-consented', ...hand, detail });
  }
  return { proposal: (await store.proposalById(tx, proposalId)) as store.Proposal, measure };
}

/**
 * Says no to a proposal, or takes back one's own. Refuses `proposal-needs-person`, `proposal-not-found`,
 * `proposal-decided`; taking back what another proposed is `proposal-not-yours`.
 */
export async function endProposal(
  tx: Tx,
  proposalId: number,
  decision: 'refused' | 'withdrawn',
  note: string,
  hand: Hand,
): Promise<store.Proposal> {
  refuseUnlessPerson(hand.actor);
  const { found, proposal } = await held(tx, proposalId, takeCase);
  if (proposal.decision !== null) throw no('proposal-decided', proposalId);
  if (decision === 'withdrawn' && proposal.proposedBy !== hand.actor)
    throw no('proposal-not-yours', proposalId);
  await decide(tx, found, proposal, decision, note, hand);
  return (await store.proposalById(tx, proposalId)) as store.Proposal;
}

/** Takes back a proposal of a batch that was cancelled, whoever cancels it: nothing is ordered by it. Decided ones stay. */
export async function withdrawProposal(tx: Tx, proposalId: number, note: string, hand: Hand): Promise<void> {
  const { found, proposal } = await held(tx, proposalId, takeCase);
  if (proposal.decision === null) await decide(tx, found, proposal, 'withdrawn', note, hand);
}

const PAGE = 200;
/** Of one round: the other work of the round is not to wait for a flood of proposals. */
const MOST_EXPIRED = 2_000;

/**
 * Writes down what nobody approved in time; twice or in two processes, each is written once. How many. One that throws
 * is logged, tried again in the next round, and holds up no other.
 */
export async function expireProposals(doors: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<number> {
  const { database, clock, log } = doors;
  let expired = 0;
  let after: store.Place | null = null;
  for (let seen = 0; seen < MOST_EXPIRED; seen += PAGE) {
    const from: store.Place | null = after;
    const page: readonly store.Place[] = await database.corridor(tx =>
      store.expiredProposals(tx, clock.now(), from, PAGE),
    );
    for (const { proposalId } of page) {
      try {
        if (await database.corridor(tx => expire(tx, proposalId, clock.now()))) expired += 1;
      } catch (cause) {
        const error = isRefusal(cause) ? cause.code : cause instanceof Error ? cause.name : 'unknown';
        log.warn({ proposal: proposalId, error }, 'a proposal that ran out could not be written down');
      }
    }
    after = page.at(-1) ?? null;
    if (page.length < PAGE) break;
  }
  return expired;
}

async function expire(tx: Tx, proposalId: number, nowMs: number): Promise<boolean> {
  const { found, proposal } = await held(tx, proposalId, takeCase);
  if (proposal.decision !== null || nowMs < proposal.expiresAtMs) return false;
  await decide(tx, found, proposal, 'expired', '', { actor: 'corridor', atMs: nowMs });
  return true;
}

/** The case first, then its proposal as it is then: whoever holds the case decides. */
async function held(
  tx: Tx,
  proposalId: number,
  take: (tx: Tx, caseId: number) => Promise<Case>,
): Promise<{ readonly found: Case; readonly proposal: store.Proposal }> {
  const seen = await store.proposalById(tx, proposalId);
  if (seen === undefined) throw no('proposal-not-found', proposalId);
  const found = await take(tx, seen.caseId);
  return { found, proposal: (await store.proposalById(tx, proposalId)) as store.Proposal };
}

/** A clock that was set back makes nothing young again: a yes is never earlier than what it answers. */
function refuseOver(proposal: store.Proposal, nowMs: number): void {
  const { proposalId, proposedAtMs, consentedAtMs, expiresAtMs } = proposal;
  if (proposal.decision !== null) throw no('proposal-decided', proposalId);
  if (nowMs >= expiresAtMs) throw no('proposal-expired', proposalId);
  if (nowMs < Math.max(proposedAtMs, consentedAtMs ?? 0)) throw no('proposal-from-later', proposalId);
}

async function decide(
  tx: Tx,
  found: Case,
  proposal: store.Proposal,
  decision: store.Decision,
  note: string,
  hand: Hand,
): Promise<void> {
  await store.insertDecision(tx, proposal, { decision, note, ...hand });
  const detail = { proposal: proposal.proposalId, kind: proposal.kind, note };
  await writeAct(tx, found, { kind: ACTS[decision], ...hand, detail });
}

function no(code: TwoPersonsCode, proposalId: number): Refusal<TwoPersonsCode> {
  return new Refusal<TwoPersonsCode>(code, { subject: `proposal/${proposalId}` });
}
