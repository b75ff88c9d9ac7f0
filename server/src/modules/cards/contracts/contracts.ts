import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { sealText } from '../../../kernel/seal/store.ts';
import { type Attempt, type RecordDoors, recorded } from '../../../spine/registry/recorded.ts';
import { registerRows } from '../../../spine/registry/register.ts';
import type { Registration } from '../../../spine/registry/registration.ts';
import { CONTRACT, stated } from '../imports/registration.ts';
import { FACTS } from '../restrictions.ts';
import { type Clauses, compiled, faultsOf, momentOf } from './clauses.ts';
import type { ContractCode } from './contract-code.ts';
import { liveOpenings } from './openings/store.ts';
import { ceilingFault } from './openings/within.ts';
import { type SaleRules, saleRulesAt } from './sale-rules.ts';
import * as store from './store.ts';

export type { Contract } from './store.ts';
export { contractById, listContracts } from './store.ts';

/** What acts on contracts need: the way to the record, and the rules of sale. */
export interface SaleDoors extends RecordDoors {
  readonly saleRules: readonly SaleRules[];
}

export interface Doer {
  readonly partyId: number;
  readonly label: string;
  readonly userId: string;
}

/** Drafts a contract, with whatever it says so far. Refuses `contract-exists`. */
export async function draftContract(
  doors: SaleDoors,
  doer: Doer,
  reference: string,
  clauses: Clauses,
): Promise<store.Contract> {
  const attempt = attemptOf(doer, 'contract-drafted', 'contract/new');
  return await recorded(doors, attempt, async tx => {
    const { partyId, label: by } = doer;
    const made = await store.addContract(tx, { partyId, reference, clauses, by, atMs: doors.clock.now() });
    if (made === undefined) throw no('contract-exists', 'contract/new');
    return { result: made, object: objectOf(made), detail: await saidIn(tx, made) };
  });
}

/** Writes a draft anew; what is signed is amended instead. Refuses `contract-unknown`, `contract-not-a-draft`. */
export async function redraftContract(
  doors: SaleDoors,
  doer: Doer,
  contractId: number,
  clauses: Clauses,
): Promise<store.Contract> {
  return await recorded(doors, attemptOf(doer, 'contract-redrafted', contractId), async tx => {
    const before = await taken(tx, contractId);
    if (before.state !== 'draft') throw no('contract-not-a-draft', contractId);
    const hand = { actor: doer.label, atMs: doors.clock.now() };
    const made = await store.setClauses(tx, before, clauses, hand);
    return { result: made, detail: await saidIn(tx, made) };
  });
}

/**
 * Signs a draft: from then on its cards are bound by what it compiles into, for the whole of its term, the past
 * included; cards whose past that changes are judged again.
 *
 * Refuses `contract-not-signable` with every fault when a clause is missing — the real-name duty and the penalties
 * among them (C-06) — or the channel is forbidden (C-10); also `contract-unknown`, `contract-not-a-draft`.
 */
export async function signContract(
  doors: SaleDoors,
  doer: Doer,
  contractId: number,
): Promise<store.Contract> {
  return await recorded(doors, attemptOf(doer, 'contract-signed', contractId), async tx => {
    const draft = await taken(tx, contractId);
    if (draft.state !== 'draft') throw no('contract-not-a-draft', contractId);
    const atMs = doors.clock.now();
    refuseFaults(draft.contractId, draft.clauses, saleRulesAt(doors.saleRules, atMs), atMs);
    const signed = await store.setSigned(tx, contractId, doer.label, atMs);
    await bind(tx, doors, signed, null);
    return { result: signed, detail: await saidIn(tx, signed) };
  });
}

/**
 * Gives a signed contract other clauses, which bind from a moment on, now unless told; one that is past has cards
 * judged again from there. The term's beginning stays, and so does what the amendment before this one said until then.
 *
 * Refuses as signing does; `amendment-untimely` for a moment before the last amendment or outside the term, or another
 * beginning; and `amendment-below-openings` while something is open that the new clauses would not allow.
 */
export async function amendContract(
  doors: SaleDoors,
  doer: Doer,
  contractId: number,
  clauses: Clauses,
  fromMs?: number,
): Promise<store.Contract> {
  return await recorded(doors, attemptOf(doer, 'contract-amended', contractId), async tx => {
    const before = await taken(tx, contractId);
    if (before.state !== 'signed') throw no('contract-not-signed', contractId);
    const atMs = doors.clock.now();
    refuseFaults(contractId, clauses, saleRulesAt(doors.saleRules, atMs), atMs);
    const beginMs = fromMs ?? atMs;
    const termMs = momentOf(before.clauses.from) as number;
    const isTimely = beginMs >= (before.effectiveMs ?? termMs) && beginMs < (momentOf(clauses.to) as number);
    if (!isTimely || momentOf(clauses.from) !== termMs) throw no('amendment-untimely', contractId);
    for (const opening of await liveOpenings(tx, contractId, atMs)) {
      const isLonger = opening.untilMs > (momentOf(clauses.to) as number);
      if (isLonger || ceilingFault(clauses, opening) !== null)
        throw no('amendment-below-openings', contractId, { opening: opening.openingId });
    }
    const amended = await store.setClauses(tx, before, clauses, { actor: doer.label, atMs }, beginMs);
    await bind(tx, doors, amended, before);
    return { result: amended, detail: { ...(await saidIn(tx, amended)), beginMs } };
  });
}

/**
 * Ends a signed contract before its term: its cards may do nothing under it from then on, and whatever was opened
 * closes with it. `endMs` is now unless told, and lies within the term. Refuses `contract-end-invalid`.
 */
export async function endContract(
  doors: SaleDoors,
  doer: Doer,
  contractId: number,
  asked: { readonly reason: string; readonly endMs?: number | undefined },
): Promise<store.Contract> {
  return await recorded(doors, attemptOf(doer, 'contract-ended', contractId), async tx => {
    const before = await taken(tx, contractId);
    if (before.state !== 'signed') throw no('contract-not-signed', contractId);
    const endMs = asked.endMs ?? doors.clock.now();
    const [{ fromMs, toMs }] = stretchesOf(doors, before);
    if (asked.reason.trim() === '' || endMs <= fromMs || endMs > (toMs as number))
      throw no('contract-end-invalid', contractId);
    const ended = await store.setEnded(tx, contractId, doer.label, asked.reason, endMs);
    await bind(tx, doors, ended, before);
    const { partyId } = ended;
    const reason = await sealText(tx, {
      partyId,
      object: objectOf(ended),
      name: `end-${ended.version}`,
      text: asked.reason,
    });
    return { result: ended, detail: { endMs, reason } };
  });
}

/** The contract, held. Refuses `contract-unknown`; row-level security hides other parties'. */
export async function taken(tx: Tx, contractId: number): Promise<store.Contract> {
  const found = await store.lockContract(tx, contractId);
  if (found === undefined) throw no('contract-unknown', contractId);
  return found;
}

/** The rules it was signed under; those of now for a draft. */
export function rulesFor(doors: SaleDoors, contract: store.Contract): SaleRules {
  return saleRulesAt(doors.saleRules, contract.signedAtMs ?? doors.clock.now());
}

/**
 * Registers what the contract binds its cards to, in place of what it bound them to before. A fact is known by its
 * beginning and is corrected by another of the same beginning: what the earlier version began and this one does not
 * is given the terms that hold there now.
 */
async function bind(
  tx: Tx,
  doors: SaleDoors,
  contract: store.Contract,
  before: store.Contract | null,
): Promise<void> {
  const { reference, clauses, version, contractId } = contract;
  const subject = { kind: CONTRACT, reference };
  const stretches = stretchesOf(doors, contract);
  const registrations: Registration[] = [
    {
      do: 'subject',
      ...subject,
      class: clauses.class as string,
      attributes: {
        buyer: clauses.buyer as string,
        deviceType: clauses.deviceType as string,
        scenario: clauses.scenario as string,
      },
    },
  ];
  const state = (fromMs: number, toMs: number | null, terms: object): void => {
    registrations.push(
      stated(subject, FACTS.restriction, { ...terms }, { fromMs, ...(toMs === null ? {} : { toMs }) }),
    );
  };
  for (const { fromMs, toMs, terms } of stretches) state(fromMs, toMs, terms);
  if (before !== null) {
    const now = new Set(stretches.map(each => each.fromMs));
    for (const { fromMs } of stretchesOf(doors, before)) {
      const [during, after] = stretches;
      // What bound before the amendment bound then, and stays.
      if (now.has(fromMs) || fromMs < during.fromMs) continue;
      if (fromMs < after.fromMs) state(fromMs, after.fromMs, during.terms);
      else state(fromMs, null, after.terms);
    }
  }
  registrations.push(...testPeriod(subject, clauses, before?.clauses));
  await registered(
    tx,
    contract.partyId,
    registrations,
    `contract/${contractId}/${version}`,
    doors.clock.now(),
  );
}

function stretchesOf(doors: SaleDoors, contract: store.Contract): ReturnType<typeof compiled> {
  const { reference, clauses, endedAtMs: endMs, effectiveMs: beginMs } = contract;
  return compiled(reference, clauses, rulesFor(doors, contract), { endMs, beginMs });
}

/** Until a test period ends, cards may be in any device (C-08): a declared window, like that of a change of device. */
function testPeriod(
  subject: { kind: string; reference: string },
  clauses: Clauses,
  before: Clauses | undefined,
): Registration[] {
  const fromMs = momentOf(clauses.from) as number;
  const testMs = momentOf(clauses.testUntil);
  const hadOne = momentOf(before?.testUntil) !== null;
  if (testMs === null && !hadOne) return [];
  const toMs = testMs ?? fromMs + 1;
  return [stated(subject, FACTS.swapWindow, { reason: 'test-period' }, { fromMs, toMs })];
}

/** Registers in the caller's transaction; whatever the registry cannot hold undoes the act (`contract-not-storable`). */
export async function registered(
  tx: Tx,
  partyId: number,
  registrations: readonly Registration[],
  statedBy: string,
  atMs: number,
): Promise<void> {
  const { outcomes } = await registerRows(
    tx,
    partyId,
    [{ place: 'act', asks: { registrations } }],
    statedBy,
    atMs,
  );
  const refused = outcomes.find(each => each.outcome === 'refused');
  if (refused !== undefined) throw no('contract-not-storable', statedBy, { why: refused.reason ?? '' });
}

function refuseFaults(contractId: number, clauses: Clauses, rules: SaleRules, atMs: number): void {
  const faults = faultsOf(clauses, rules, atMs);
  if (faults.length === 0) return;
  throw no('contract-not-signable', contractId, {
    faults: faults.map(each => `${each.field}: ${each.fault}`).join('; '),
  });
}

/** What the ledger has of a contract: its version, and a commitment to its words. */
async function saidIn(tx: Tx, { partyId, contractId, version, state, clauses }: store.Contract) {
  const object = `contract/${contractId}`;
  const name = `clauses-${version}-${state}`;
  return { version, clauses: await sealText(tx, { partyId, object, name, text: JSON.stringify(clauses) }) };
}

export function attemptOf(doer: Doer, act: string, object: number | string): Attempt {
  const { partyId, label: actor } = doer;
  return { act, object: typeof object === 'number' ? `contract/${object}` : object, partyId, actor };
}

export function no(
  code: ContractCode,
  object: number | string,
  detail: Record<string, string | number | boolean> = {},
): Refusal<ContractCode> {
  return new Refusal<ContractCode>(code, {
    subject: typeof object === 'number' ? `contract/${object}` : object,
    detail,
  });
}

function objectOf({ contractId }: store.Contract): string {
  return `contract/${contractId}`;
}
