import type { Tx } from '../../../../kernel/database/transaction.ts';
import { sealText } from '../../../../kernel/seal/store.ts';
import { DAY_MS } from '../../../../kernel/time.ts';
import { recorded } from '../../../../spine/registry/recorded.ts';
import { cardsByReference } from '../../../../spine/views/registered.ts';
import { whyNotInUse } from '../../gate/lifting.ts';
import { CARD, CONTRACT, stated } from '../../imports/registration.ts';
import { FACTS } from '../../restrictions.ts';
import { contractAbove } from '../card-at-hand.ts';
import { momentOf } from '../clauses.ts';
import {
  attemptOf,
  type Contract,
  type Doer,
  no,
  registered,
  rulesFor,
  type SaleDoors,
  taken,
} from '../contracts.ts';
import * as store from './store.ts';
import { ceilingFault, openedTerms } from './within.ts';

export { listOpenings, OPENED, type Opening, openingById } from './store.ts';

export interface AskedOpening {
  readonly contractId: number;
  /** Key of the one card it is for. */
  readonly card?: string | undefined;
  readonly what: store.Opened;
  readonly value?: number | readonly string[] | undefined;
  readonly why: string;
  readonly fromMs?: number | undefined;
  readonly untilMs: number;
}

/**
 * Asks for more than the least: what, for whom, why, until when (C-05). Nothing is open until a second person says so.
 *
 * Refuses `contract-not-signed`, `opening-beyond-contract`, `opening-term-invalid`, `opening-outlives-contract`,
 * `opening-card-elsewhere`.
 */
export async function askOpening(doors: SaleDoors, doer: Doer, asked: AskedOpening): Promise<store.Opening> {
  return await recorded(doors, attemptOf(doer, 'opening-asked', asked.contractId), async tx => {
    const atMs = doors.clock.now();
    const contract = await taken(tx, asked.contractId);
    const wanted = {
      partyId: contract.partyId,
      contractId: contract.contractId,
      card: asked.card ?? null,
      what: asked.what,
      value: asked.value ?? null,
      why: asked.why.trim(),
      fromMs: Math.max(asked.fromMs ?? atMs, atMs),
      untilMs: asked.untilMs,
      askedBy: doer.label,
      askedUser: doer.userId,
      askedAtMs: atMs,
    };
    await refuseUnfit(tx, doors, contract, wanted, atMs);
    const opening = await store.addOpening(tx, wanted);
    const object = objectOf(opening);
    const why = await sealText(tx, { partyId: opening.partyId, object, name: 'why', text: opening.why });
    const detail = { contract: contract.contractId, what: opening.what, untilMs: opening.untilMs, why };
    return { result: opening, object, detail };
  });
}

/**
 * Opens what was asked for, from now or the moment asked for until its end; it closes by itself. The contract is held:
 * two who approve at once, or one who approves while another ends the contract, come one after the other.
 *
 * Refuses `opening-by-the-asker` — one person never opens alone, by whatever key — and `opening-decided`; all that
 * asking refuses is looked at again.
 */
export async function approveOpening(
  doors: SaleDoors,
  doer: Doer,
  openingId: number,
): Promise<store.Opening> {
  return await recorded(doors, attemptOf(doer, 'opening-approved', `opening/${openingId}`), async tx => {
    const atMs = doors.clock.now();
    const { opening, contract } = await heldForDecision(tx, doer, openingId);
    const fromMs = Math.max(opening.fromMs, atMs);
    await refuseUnfit(tx, doors, contract, { ...opening, fromMs }, atMs);
    const by = { by: doer.label, user: doer.userId, atMs };
    const approved = await store.setDecided(tx, openingId, { state: 'approved', ...by, fromMs, note: null });
    await open(tx, contract, approved, approved.untilMs, atMs);
    const detail = { contract: contract.contractId, what: approved.what, fromMs, untilMs: approved.untilMs };
    return { result: approved, detail };
  });
}

/** Says no to what was asked for. Refuses `opening-by-the-asker` and `opening-decided`. */
export async function refuseOpening(
  doors: SaleDoors,
  doer: Doer,
  openingId: number,
  note: string,
): Promise<store.Opening> {
  return await recorded(doors, attemptOf(doer, 'opening-refused', `opening/${openingId}`), async tx => {
    const atMs = doors.clock.now();
    const { opening, contract } = await heldForDecision(tx, doer, openingId);
    const by = { by: doer.label, user: doer.userId, atMs };
    const { fromMs } = opening;
    const refused = await store.setDecided(tx, openingId, { state: 'refused', ...by, fromMs, note });
    return { result: refused, detail: { contract: contract.contractId, what: refused.what } };
  });
}

/** Closes an approved opening before its end; whoever may ask may also close. Refuses `opening-not-approved`. */
export async function revokeOpening(
  doors: SaleDoors,
  doer: Doer,
  openingId: number,
  note: string,
): Promise<store.Opening> {
  return await recorded(doors, attemptOf(doer, 'opening-revoked', `opening/${openingId}`), async tx => {
    const atMs = doors.clock.now();
    const { opening, contract } = await held(tx, openingId);
    if (opening.state !== 'approved' || opening.untilMs <= atMs)
      throw no('opening-not-approved', objectOf(opening));
    const revoked = await store.setRevoked(tx, openingId, doer.label, atMs, note);
    await open(tx, contract, revoked, Math.max(atMs, revoked.fromMs + 1), atMs);
    return { result: revoked, detail: { contract: contract.contractId, what: revoked.what } };
  });
}

/** The contract first, then the opening: the order in which everybody takes them. */
async function held(tx: Tx, openingId: number): Promise<{ opening: store.Opening; contract: Contract }> {
  const seen = await store.openingById(tx, openingId);
  if (seen === undefined) throw no('opening-unknown', `opening/${openingId}`);
  const contract = await taken(tx, seen.contractId);
  const opening = (await store.lockOpening(tx, openingId)) as store.Opening;
  return { opening, contract };
}

async function heldForDecision(
  tx: Tx,
  doer: Doer,
  openingId: number,
): Promise<{ opening: store.Opening; contract: Contract }> {
  const both = await held(tx, openingId);
  if (both.opening.state !== 'asked') throw no('opening-decided', objectOf(both.opening));
  if (both.opening.askedUser === doer.userId) throw no('opening-by-the-asker', objectOf(both.opening));
  return both;
}

async function refuseUnfit(
  tx: Tx,
  doors: SaleDoors,
  contract: Contract,
  wanted: Pick<store.Opening, 'what' | 'value' | 'card' | 'why' | 'fromMs' | 'untilMs'>,
  atMs: number,
): Promise<void> {
  const { contractId, clauses } = contract;
  if (contract.state !== 'signed') throw no('contract-not-signed', contractId);
  const { fromMs, untilMs } = wanted;
  const longestMs = rulesFor(doors, contract).longestOpeningDays * DAY_MS;
  if (wanted.why === '' || untilMs <= fromMs || untilMs <= atMs || untilMs - fromMs > longestMs)
    throw no('opening-term-invalid', contractId);
  if (untilMs > (momentOf(clauses.to) as number)) throw no('opening-outlives-contract', contractId);
  const beyond = ceilingFault(clauses, wanted);
  if (beyond !== null) throw no('opening-beyond-contract', contractId, { what: wanted.what, why: beyond });
  if (wanted.card === null) return;
  const above = await contractAbove(tx, contract.partyId, wanted.card, atMs);
  if (above !== contract.reference) throw no('opening-card-elsewhere', contractId);
  await refuseShut(tx, contract.partyId, wanted.card);
}

/** More than the least is not opened for a card that the gate would not let be in use; one not in use yet may be prepared. */
async function refuseShut(tx: Tx, partyId: number, card: string): Promise<void> {
  const [subjectId] = await cardsByReference(tx, partyId, CARD, [card]);
  const shut = subjectId === undefined ? null : await whyNotInUse(tx, subjectId);
  if (shut !== null && shut.code !== 'card-not-in-use') throw shut;
}

/** The dated fact by which judging knows of it. It names the contract: a card that leaves the contract takes none along. */
async function open(
  tx: Tx,
  contract: Contract,
  opening: store.Opening,
  untilMs: number,
  atMs: number,
): Promise<void> {
  const { reference, partyId } = contract;
  const subject =
    opening.card === null ? { kind: CONTRACT, reference } : { kind: CARD, reference: opening.card };
  const body = { contract: reference, ...openedTerms(opening) };
  const span = { fromMs: opening.fromMs, toMs: untilMs };
  const fact = stated(subject, `${FACTS.opening}${opening.openingId}`, body, span);
  await registered(tx, partyId, [fact], `opening/${opening.openingId}/${opening.state}`, atMs);
}

function objectOf({ openingId }: store.Opening): string {
  return `opening/${openingId}`;
}
