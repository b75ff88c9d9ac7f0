import type { Tx } from '../../../../kernel/database/transaction.ts';
import { sealText } from '../../../../kernel/seal/store.ts';
import { HOUR_MS } from '../../../../kernel/time.ts';
import type { DatedFact } from '../../../../spine/registry/dated-fact.ts';
import { recorded } from '../../../../spine/registry/recorded.ts';
import type { Registration } from '../../../../spine/registry/registration.ts';
import { lastSeenUnder } from '../../../../spine/views/registered.ts';
import { CARD, CONTRACT, stated } from '../../imports/registration.ts';
import { CARD_USAGE } from '../../model.ts';
import { FACTS } from '../../restrictions.ts';
import { cardDossier, cardKey } from '../card-at-hand.ts';
import { keysOf } from '../clauses.ts';
import { attemptOf, type Contract, type Doer, no, registered, type SaleDoors, taken } from '../contracts.ts';
import { saleRulesAt } from '../sale-rules.ts';

/** A card's device, between two moments. */
export interface Binding {
  readonly imei: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Binds a card to its first device from now on (C-08: single IMEI). A card that is bound already is not bound to
 * another: that is a change of device, and is declared beforehand (`declareSwap`).
 * Refuses `card-unknown`, `binding-device-missing`, `binding-needs-swap-window`.
 */
export async function bindCard(
  doors: SaleDoors,
  doer: Doer,
  iccid: string,
  imei: string,
): Promise<readonly Binding[]> {
  return await recorded(doors, attemptOf(doer, 'card-bound', 'card/binding'), async tx => {
    const atMs = doors.clock.now();
    const { key, facts, subjectId } = await own(tx, doer, iccid);
    const device = keysOf([imei])[0];
    if (device === undefined) throw no('binding-device-missing', `subject/${subjectId}`);
    const held = bindingsOf(facts).filter(each => each.toMs > atMs);
    if (held.some(each => each.imei !== device))
      throw no('binding-needs-swap-window', `subject/${subjectId}`);
    if (held.length === 0) await write(tx, doer, [binding(key, device, { fromMs: atMs })], 'bound', atMs);
    return {
      result: held.length === 0 ? [{ imei: device, fromMs: atMs, toMs: Number.MAX_SAFE_INTEGER }] : held,
      object: `subject/${subjectId}`,
      detail: { isNew: held.length === 0 },
    };
  });
}

export interface AskedSwap {
  readonly iccid: string;
  /** The device that takes the other's place. */
  readonly imei: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
}

/**
 * Declares a change of device before it happens: within the window the card may be in either, after it in the new one
 * alone. Refuses `swap-window-in-the-past` — a change is declared, not explained — and `swap-window-invalid` for one
 * that ends before it begins, is longer than the rules allow, or names no device.
 */
export async function declareSwap(
  doors: SaleDoors,
  doer: Doer,
  asked: AskedSwap,
): Promise<readonly Binding[]> {
  return await recorded(doors, attemptOf(doer, 'swap-declared', 'card/swap'), async tx => {
    const atMs = doors.clock.now();
    const { key, facts, subjectId, partyId } = await own(tx, doer, asked.iccid);
    const object = `subject/${subjectId}`;
    const { fromMs, toMs } = asked;
    const longestMs = saleRulesAt(doors.saleRules, atMs).longestSwapWindowHours * HOUR_MS;
    const device = keysOf([asked.imei])[0];
    if (fromMs < atMs) throw no('swap-window-in-the-past', object);
    if (device === undefined || toMs <= fromMs || toMs - fromMs > longestMs || asked.reason.trim() === '')
      throw no('swap-window-invalid', object);
    const leaving = bindingsOf(facts).filter(each => each.toMs > toMs && each.imei !== device);
    const card = { kind: CARD, reference: key };
    await write(
      tx,
      doer,
      [
        stated(card, FACTS.swapWindow, { reason: asked.reason.slice(0, 500) }, { fromMs, toMs }),
        ...leaving.map(each =>
          binding(key, each.imei, { fromMs: each.fromMs, toMs: Math.max(toMs, each.fromMs + 1) }),
        ),
        binding(key, device, { fromMs }),
      ],
      'swap',
      atMs,
    );
    const reason = await sealText(tx, { partyId, object, name: `swap-${atMs}`, text: asked.reason });
    const now = { imei: device, fromMs, toMs: Number.MAX_SAFE_INTEGER };
    return {
      result: [...leaving.map(each => ({ ...each, toMs })), now],
      object,
      detail: { fromMs, toMs, reason },
    };
  });
}

/** The devices a card is or was bound to. Refuses `card-unknown`. */
export async function bindingsOfCard(tx: Tx, partyId: number, iccid: string): Promise<Binding[]> {
  return bindingsOf((await cardDossier(tx, partyId, cardKey(iccid))).facts);
}

/** What the first bill of a contract's cards came to. */
export interface FirstBill {
  readonly bound: number;
  /** Cards under the contract that were not seen in any device yet. */
  readonly unseen: number;
}

const CARDS_PER_COMMIT = 1_000;

/**
 * Binds each card of a contract that is bound to no device to the one it was last seen in before a moment (C-08: at
 * the first bill). Set-based, a thousand cards to a commit; done again it binds what was seen since, and changes
 * nothing else.
 */
export async function bindAtFirstBill(
  doors: SaleDoors,
  doer: Doer,
  contractId: number,
  atMs: number,
): Promise<FirstBill> {
  let afterId = 0;
  let bound = 0;
  let unseen = 0;
  for (;;) {
    const done = await recorded(doors, attemptOf(doer, 'first-bill-bound', contractId), async tx => {
      const contract = await taken(tx, contractId);
      if (contract.state !== 'signed') throw no('contract-not-signed', contractId);
      const rows = await unboundOf(tx, contract, atMs, afterId);
      const seen = rows.flatMap(({ reference, value }) =>
        value === null ? [] : [{ reference, imei: value }],
      );
      if (seen.length > 0) {
        const acts = seen.map(each => binding(each.reference, each.imei, { fromMs: atMs }));
        const by = `contract/${contractId}/first-bill-${atMs}`;
        await registered(tx, contract.partyId, acts, by, doors.clock.now());
      }
      const result = { rows: rows.length, bound: seen.length, lastId: rows.at(-1)?.subjectId ?? 0 };
      return { result, detail: { bound: seen.length, unseen: rows.length - seen.length, atMs } };
    });
    bound += done.bound;
    unseen += done.rows - done.bound;
    afterId = done.lastId;
    if (done.rows < CARDS_PER_COMMIT) return { bound, unseen };
  }
}

async function unboundOf(tx: Tx, contract: Contract, atMs: number, afterId: number) {
  const asked = {
    partyId: contract.partyId,
    kind: CONTRACT,
    reference: contract.reference,
    linkKind: 'under',
    withoutFact: FACTS.binding,
    observationKind: CARD_USAGE,
    field: 'imei',
    atMs,
  };
  return await lastSeenUnder(tx, asked, afterId, CARDS_PER_COMMIT);
}

export async function own(tx: Tx, doer: Doer, iccid: string) {
  const key = cardKey(iccid);
  const { facts, subjectId, partyId } = await cardDossier(tx, doer.partyId, key);
  return { key, facts, subjectId, partyId };
}

/** The devices dated facts bind a card to, whenever. */
export function bindingsOf(facts: readonly DatedFact[]): Binding[] {
  return facts
    .filter(fact => fact.kind.startsWith(FACTS.binding) && fact.distance === 0)
    .map(({ kind, fromMs, toMs }) => ({ imei: kind.slice(FACTS.binding.length), fromMs, toMs }));
}

export function binding(key: string, imei: string, span: { fromMs: number; toMs?: number }): Registration {
  const open = Math.abs(span.fromMs) === Number.MAX_SAFE_INTEGER ? {} : { fromMs: span.fromMs };
  const end = span.toMs === undefined ? {} : { toMs: span.toMs };
  return stated({ kind: CARD, reference: key }, `${FACTS.binding}${imei}`, { imei }, { ...open, ...end });
}

export async function write(
  tx: Tx,
  doer: Doer,
  registrations: readonly Registration[],
  act: string,
  atMs: number,
): Promise<void> {
  await registered(tx, doer.partyId, registrations, `${act}/${atMs}`, atMs);
}
