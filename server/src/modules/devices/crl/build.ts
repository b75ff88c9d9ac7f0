import type { Tx } from '../../../kernel/database/transaction.ts';
import { stage } from '../../../spine/ledger/stage.ts';
import { ADDRESS } from '../addresses.ts';
import { type AuthorityDesk, keyDigestOf, speaking } from '../authorities/authorities.ts';
import { changesSoFar } from '../authorities/store.ts';
import { PACKED_BYTES, packedRevoked, shardsChanged } from '../certificates/store.ts';
import { signatureOf } from '../x509/algorithms.ts';
import { type RevokedColumns, SERIAL_BYTES } from '../x509/crl.ts';
import * as extensions from '../x509/extensions.ts';
import * as store from './store.ts';

/** What a scope of lists needs now. */
type Need = 'full' | 'delta' | null;

/**
 * Makes the lists of an authority that are due: all anew when half of their time is over or there is none, deltas when a
 * certificate changed or half of theirs is (I-06). How many scopes were written. Each scope commits by itself with the
 * ledger's entries of the key's uses; one that another process works on is left to it.
 */
export async function makeDueLists(
  desk: AuthorityDesk,
  partyId: number,
  authorityId: number,
): Promise<number> {
  const { database } = desk;
  // Whoever changes a certificate holds this row until the commit: what is read below has every change up to here.
  const through = await database.door(partyId, tx => changesSoFar(tx, authorityId));
  const scopes = await database.door(partyId, async tx => {
    await passOverUnchanged(tx, authorityId, through);
    return await store.scopesOf(tx, authorityId);
  });
  let made = 0;
  for (const { shard, ...scope } of scopes) {
    if (needOf(desk, scope, through) === null) continue;
    const isMade = await database.door(partyId, async tx => {
      const taken = await store.takeScope(tx, authorityId, shard);
      if (taken === undefined) return false;
      const need = needOf(desk, taken, through);
      if (need !== null) await makeList(desk, tx, taken, need, through);
      return need !== null;
    });
    if (isMade) made += 1;
  }
  return made;
}

/** A revocation is told in its own shard's delta and in that of the whole: the key signs no other for it. */
async function passOverUnchanged(tx: Tx, authorityId: number, through: number): Promise<void> {
  const behind = (await store.scopesOf(tx, authorityId)).flatMap(({ deltaThrough }) =>
    deltaThrough !== null && deltaThrough < through ? [deltaThrough] : [],
  );
  if (behind.length === 0) return;
  await store.passOver(tx, authorityId, await shardsChanged(tx, authorityId, Math.min(...behind)), through);
}

function needOf(
  desk: AuthorityDesk,
  scope: Pick<store.CrlScope, 'fullAtMs' | 'fullNextMs' | 'deltaAtMs' | 'deltaNextMs' | 'deltaThrough'>,
  through: number,
): Need {
  const nowMs = desk.clock.now();
  if (isHalfOver(scope.fullAtMs, scope.fullNextMs, nowMs)) return 'full';
  const isBehind = (scope.deltaThrough ?? -1) < through;
  return isBehind || isHalfOver(scope.deltaAtMs, scope.deltaNextMs, nowMs) ? 'delta' : null;
}

function isHalfOver(fromMs: number | null, toMs: number | null, nowMs: number): boolean {
  return fromMs === null || toMs === null || nowMs >= (fromMs + toMs) / 2;
}

/**
 * A new base takes its delta with it: both have one number and tell the same (RFC 5280 §5.2.4), the delta being empty
 * until something changes.
 */
async function makeList(
  desk: AuthorityDesk,
  tx: Tx,
  scope: store.CrlScope,
  need: 'full' | 'delta',
  through: number,
): Promise<void> {
  const { authorityId, shard } = scope;
  const number = scope.lastNumber + 1;
  const nowMs = desk.clock.now();
  const atMs = nowMs - (nowMs % 1_000);
  const base = need === 'full' ? { number, through, atMs } : baseOf(scope);
  const plan = { authorityId, shard, number, atMs, through, base };
  if (need === 'full') {
    // What ended before the last list began has stood on one after its end (§3.3).
    const endedBeforeMs = scope.fullAtMs ?? 0;
    const made = await signList(desk, tx, plan, false, endedBeforeMs);
    await store.keepFull(tx, authorityId, shard, made);
  }
  const delta = await signList(desk, tx, plan, true, base.atMs);
  await store.keepDelta(tx, authorityId, shard, delta);
}

function baseOf(scope: store.CrlScope) {
  const { fullNumber, fullThrough, fullAtMs } = scope;
  return { number: fullNumber as number, through: fullThrough as number, atMs: fullAtMs as number };
}

interface ListPlan {
  readonly authorityId: number;
  readonly shard: number;
  readonly number: number;
  readonly atMs: number;
  readonly through: number;
  readonly base: { readonly number: number; readonly through: number };
}

async function signList(
  desk: AuthorityDesk,
  tx: Tx,
  plan: ListPlan,
  isDelta: boolean,
  endedBeforeMs: number,
): Promise<store.MadeList> {
  const { authorityId, shard, number, atMs, base } = plan;
  const { authority, key } = await speaking(tx, authorityId);
  const { baseUrl, keyDigests } = authority;
  const afterChange = isDelta ? base.through : null;
  const revoked = await columnsOf(tx, { authorityId, shard, afterChange, endedBeforeMs }, atMs);
  const { count } = revoked;
  const nextMs = atMs + (isDelta ? desk.profiles.deltaMs : desk.profiles.crlMs);
  const bytes = await desk.keys.signing.list(desk.keys.named(key), {
    algorithm: signatureOf(key.keyType).der,
    issuer: authority.subject,
    thisUpdateMs: atMs,
    nextUpdateMs: nextMs,
    revoked,
    extensions: [
      extensions.authorityKeyId(keyDigests[0] as Buffer),
      extensions.crlNumber(number),
      ...(isDelta
        ? [extensions.deltaCrlIndicator(base.number)]
        : [extensions.freshestCrlAt(ADDRESS.delta(baseUrl, authorityId, shard))]),
      ...(shard === store.WHOLE
        ? []
        : [extensions.issuingDistributionPoint(ADDRESS.crl(baseUrl, authorityId, shard))]),
    ],
  });
  await stage(tx, {
    act: 'crl-signed',
    object: `authority/${authorityId}`,
    partyId: authority.partyId,
    actor: 'corridor',
    atMs: desk.clock.now(),
    detail: { shard, number, isDelta, count, crl: keyDigestOf(bytes) },
  });
  return { number, atMs, nextMs, through: plan.through, count, bytes };
}

/** What is revoked as columns, in buffers of their own that a thread can be given. */
async function columnsOf(
  tx: Tx,
  asked: Parameters<typeof packedRevoked>[1],
  atMs: number,
): Promise<RevokedColumns> {
  const pieces: Buffer[] = [];
  let count = 0;
  for await (const piece of packedRevoked(tx, asked)) {
    pieces.push(piece);
    count += piece.length / PACKED_BYTES;
  }
  const serials = new Uint8Array(count * SERIAL_BYTES);
  const revokedAtMs = new Float64Array(count);
  const reasons = new Uint8Array(count);
  let row = 0;
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += PACKED_BYTES, row += 1) {
      piece.copy(serials, row * SERIAL_BYTES, at, at + SERIAL_BYTES);
      const reason = piece[at + PACKED_BYTES - 1] as number;
      reasons[row] = reason;
      // What was released is told as of this list.
      revokedAtMs[row] = reason === 8 ? atMs : Number(piece.readBigInt64BE(at + SERIAL_BYTES));
    }
  return { count, serials, revokedAtMs, reasons };
}
