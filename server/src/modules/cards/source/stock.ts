import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import type { Registration } from '../../../spine/contribution.ts';
import { registerRows } from '../../../spine/registry/register.ts';
import { subjectsNamed } from '../../../spine/views/named-subjects.ts';
import type { SourceCode } from '../gate/gate-code.ts';
import type { MoveOutcome } from '../gate/move-cards.ts';
import { askFirst, countsByBatch, livesOf, refusedHere } from '../gate/store.ts';
import { readClaim } from '../identifiers/claims.ts';
import { readEid } from '../identifiers/eid.ts';
import { readIccid } from '../identifiers/iccid.ts';
import { CARD } from '../imports/registration.ts';
import { addChips, type CardBatch, lockBatch, outsideBlocks, saveProfile } from './store.ts';

/** A card as a supplier delivers it. */
export interface DeliveredCard {
  readonly iccid: string;
  readonly imsi?: string;
  readonly msisdn?: string;
}

/** What became of a delivered card: taken in, there already, or why not. */
export interface TakenIn extends MoveOutcome {
  readonly place: number;
}

/**
 * Takes delivered cards into stock under a batch, in the caller's transaction: registers what is not registered
 * yet, then asks the gate for their first state. A card outside the supplier's number blocks, one that cannot be read
 * and one that has a life already stay out, each with its reason. Refuses `card-source-unknown` for a batch that the
 * transaction cannot see, and `batch-over-ordered` when more would come than were ordered: nothing is taken in then.
 */
export async function takeIn(
  tx: Tx,
  actor: string,
  batchId: number,
  delivered: readonly DeliveredCard[],
  atMs: number,
): Promise<TakenIn[]> {
  const batch = await lockBatch(tx, batchId);
  if (batch === undefined)
    throw new Refusal<SourceCode>('card-source-unknown', { detail: { kind: 'batch' } });
  const { partyId } = batch;
  const read = delivered.map((card, place) => ({ place, card, asks: readDelivered(card) }));
  const good = read.flatMap(({ place, asks }) => ('fault' in asks ? [] : [{ place, ...asks }]));
  const keys = good.map(each => each.key);
  const outside = new Set(await outsideBlocks(tx, partyId, batch.supplierId, 'iccid', keys));
  const fits = good.filter(each => !outside.has(each.key));
  const known = (await subjectsNamed(tx, CARD, keys)).filter(each => each.partyId === partyId);
  const alive = new Set(
    (
      await livesOf(
        tx,
        known.map(each => each.subjectId),
      )
    ).map(row => row.cardId),
  );
  const knownAlive = new Set(known.filter(each => alive.has(each.subjectId)).map(each => each.reference));
  const fresh = new Set(fits.map(each => each.key).filter(key => !knownAlive.has(key)));
  await refuseTooMany(tx, batch, fresh.size);
  const rows = fits.filter(each => fresh.has(each.key));
  await registerRows(
    tx,
    partyId,
    rows.map(({ place, registrations }) => ({ place: `card ${place + 1}`, asks: { registrations } })),
    `card-batch/${batchId}`,
    atMs,
  );
  const cards = (await subjectsNamed(tx, CARD, [...fresh])).filter(each => each.partyId === partyId);
  const first = { act: 'take-in', to: 'stock', batchId };
  const moved = new Set(
    await askFirst(
      tx,
      actor,
      first,
      cards.map(({ subjectId }) => ({ cardId: subjectId, partyId })),
    ),
  );
  if (batch.form === 'esim')
    for (const cardId of moved)
      await saveProfile(tx, partyId, { cardId, eid: null, state: 'available', by: actor, atMs });
  const refused = await refusedHere(
    tx,
    cards.map(each => each.subjectId),
  );
  const idOf = new Map(cards.map(each => [each.reference, each.subjectId]));
  return read.map(({ place, asks }): TakenIn => {
    if ('fault' in asks) return { place, card: '', outcome: 'refused', code: asks.fault };
    const { key } = asks;
    if (outside.has(key)) return { place, card: key, outcome: 'refused', code: 'outside-number-blocks' };
    const id = idOf.get(key);
    const code = id === undefined ? undefined : refused.get(id);
    if (code !== undefined) return { place, card: key, outcome: 'refused', code };
    return { place, card: key, outcome: id !== undefined && moved.has(id) ? 'moved' : 'unchanged' };
  });
}

async function refuseTooMany(tx: Tx, batch: CardBatch, more: number): Promise<void> {
  const counts = (await countsByBatch(tx, [batch.batchId])).get(batch.batchId) ?? {};
  const there = Object.values(counts).reduce((sum, n) => sum + n, 0);
  if (there + more <= batch.ordered) return;
  throw new Refusal<SourceCode>('batch-over-ordered', { detail: { ordered: batch.ordered, there, more } });
}

function readDelivered({
  iccid,
  imsi,
  msisdn,
}: DeliveredCard): { key: string; registrations: Registration[] } | { fault: string } {
  const read = readIccid(iccid);
  if ('fault' in read) return { fault: `iccid-${read.fault}` };
  const card = { kind: CARD, reference: read.key };
  const registrations: Registration[] = [
    { do: 'subject', ...card, attributes: { luhn: read.luhn } },
    { do: 'alias', ...card, claim: `iccid:${read.key}` },
  ];
  for (const [kind, text] of [
    ['imsi', imsi],
    ['msisdn', msisdn],
  ] as const) {
    if (text === undefined) continue;
    const claim = readClaim(kind, text);
    if ('fault' in claim) return { fault: `${kind}-${claim.fault}` };
    registrations.push({ do: 'alias', ...card, claim: claim.claim });
  }
  return { key: read.key, registrations };
}

/** Puts chips into a pool; a check digit that fails is a flag (C-12), a number that is no EID is refused by its place. */
export async function takeChips(
  tx: Tx,
  pool: { readonly poolId: number; readonly partyId: number },
  eids: readonly string[],
): Promise<{ added: number; known: number; refused: { place: number; fault: string }[] }> {
  const refused: { place: number; fault: string }[] = [];
  const chips = new Map<string, boolean>();
  for (const [place, text] of eids.entries()) {
    const read = readEid(text);
    if ('fault' in read) refused.push({ place, fault: read.fault });
    else chips.set(read.digits, read.check === 'ok');
  }
  const rows = [...chips].map(([eid, isCheckOk]) => ({ eid, isCheckOk }));
  const added = await addChips(tx, pool.partyId, pool.poolId, rows);
  return { added, known: rows.length - added, refused };
}
