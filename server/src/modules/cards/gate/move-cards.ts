import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import type { RegistryCode } from '../../../spine/registry/registry-code.ts';
import { type NamedSubject, subjectsNamed } from '../../../spine/views/named-subjects.ts';
import { readIccid } from '../identifiers/iccid.ts';
import { CARD } from '../imports/registration.ts';
import { catalogueInForce } from '../source/store.ts';
import { GATE_CODES, type GateCode, type SourceCode } from './gate-code.ts';
import { type LifeCatalogue, leadsTo } from './life.ts';
import { askFirst, askMove, livesOf, type MoveSets, refusedHere } from './store.ts';

/** A move as somebody asks for it, by references. */
export interface MoveAsked {
  readonly act: string;
  readonly holder?: string;
  readonly seller?: string;
  readonly industryClass?: string;
  readonly scenario?: string;
  readonly deviceType?: string;
  readonly channel?: string;
  readonly nonDirectedMb?: number;
  readonly testDays?: number;
}

/** What became of each card, in the order asked for. */
export interface MoveOutcome {
  readonly card: string;
  readonly outcome: 'moved' | 'unchanged' | 'refused';
  readonly code?: string;
}

export const HOLDER = 'holder';
export const SELLER = 'seller';
export const SUPPLIER = 'supplier';

/**
 * Asks the gate for a move of cards, in the caller's transaction. What the gate refuses is on record when that
 * transaction commits, and only then: the caller commits whatever the outcomes are and tells them afterwards.
 * A card that is in no stock is refused like any other. Refuses `card-source-unknown` for a card, holder or seller that
 * the transaction cannot see.
 */
export async function moveCards(
  tx: Tx,
  actor: string,
  asked: MoveAsked,
  cards: readonly NamedSubject[],
): Promise<MoveOutcome[]> {
  const life = (await catalogueInForce(tx, 'card-life')) as LifeCatalogue | null;
  const to = life === null ? asked.act : leadsTo(life, asked.act);
  const sets = await setsOf(tx, asked);
  const ids = cards.map(card => card.subjectId);
  const known = new Set((await livesOf(tx, ids)).map(row => row.cardId));
  const fresh = cards.filter(card => !known.has(card.subjectId));
  const target = to === undefined ? asked.act : to;
  const moved = new Set(await askMove(tx, actor, { act: asked.act, to: target, sets }, [...known]));
  if (fresh.length > 0) {
    const first = { act: asked.act, to: target ?? 'stock', batchId: null, holderId: sets.holderId ?? null };
    for (const id of await askFirst(tx, actor, first, fresh.map(firstOf))) moved.add(id);
  }
  const refused = await refusedHere(tx, ids);
  return cards.map(({ subjectId, reference }) => {
    const code = refused.get(subjectId);
    if (code !== undefined) return { card: reference, outcome: 'refused', code };
    return { card: reference, outcome: moved.has(subjectId) ? 'moved' : 'unchanged' };
  });
}

function firstOf({ subjectId, partyId }: NamedSubject): { cardId: number; partyId: number } {
  return { cardId: subjectId, partyId };
}

async function setsOf(tx: Tx, asked: MoveAsked): Promise<MoveSets> {
  const { act, holder, seller, industryClass, scenario, deviceType, channel, nonDirectedMb, testDays } =
    asked;
  const holderId = holder === undefined ? undefined : (await named(tx, HOLDER, holder)).subjectId;
  const sellerId = seller === undefined ? undefined : (await named(tx, SELLER, seller)).subjectId;
  if (act === 'return')
    return { holderId: null, sellerId: null, channel: null, nonDirectedMb: 0, testDays: null };
  return {
    ...(holderId === undefined ? {} : { holderId }),
    ...(sellerId === undefined ? {} : { sellerId }),
    ...(industryClass === undefined ? {} : { industryClass }),
    ...(scenario === undefined ? {} : { scenario }),
    ...(deviceType === undefined ? {} : { deviceType }),
    ...(channel === undefined ? {} : { channel }),
    ...(nonDirectedMb === undefined ? {} : { nonDirectedMb }),
    ...(testDays === undefined ? {} : { testDays }),
  };
}

/** The one subject of that name that the transaction sees. Refuses `card-source-unknown` where there is none, or several parties have one. */
export async function named(tx: Tx, kind: string, reference: string): Promise<NamedSubject> {
  const found = await subjectsNamed(tx, kind, [reference]);
  if (found.length !== 1 || found[0] === undefined)
    throw new Refusal<SourceCode>('card-source-unknown', { detail: { kind } });
  return found[0];
}

/** The cards of these ICCIDs, in the order asked for, each once. Refuses `card-source-unknown` and `source-number-faulty`. */
export async function cardsNamed(tx: Tx, iccids: readonly string[]): Promise<NamedSubject[]> {
  const keys = [...new Set(iccids.map(cardKey))];
  const found = new Map<string, NamedSubject[]>();
  for (const each of await subjectsNamed(tx, CARD, keys))
    found.set(each.reference, [...(found.get(each.reference) ?? []), each]);
  return keys.map(key => {
    const [card, ...others] = found.get(key) ?? [];
    if (card === undefined || others.length > 0)
      throw new Refusal<SourceCode>('card-source-unknown', { detail: { kind: CARD } });
    return card;
  });
}

/** The key of an ICCID as somebody writes it. Refuses `source-number-faulty`. */
export function cardKey(iccid: string): string {
  const read = readIccid(iccid);
  if ('fault' in read)
    throw new Refusal<SourceCode>('source-number-faulty', { detail: { kind: 'iccid', fault: read.fault } });
  return read.key;
}

/** The refusal of a move that came to nothing for every card; undefined when one came through. */
export function refusalOf(
  act: string,
  outcomes: readonly MoveOutcome[],
): Refusal<GateCode | RegistryCode> | undefined {
  const refused = outcomes.filter(({ outcome }) => outcome === 'refused');
  if (refused.length === 0 || refused.length < outcomes.length) return undefined;
  const code = GATE_CODES.find(each => each === refused[0]?.code) ?? 'move-not-allowed';
  return new Refusal<GateCode>(code, { subject: `act/${act}`, detail: { act, cards: refused.length } });
}
