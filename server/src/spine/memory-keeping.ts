import type { Tx } from '../kernel/database/transaction.ts';
import { FOREVER_MS } from '../kernel/database/values.ts';
import { worldOf } from './contribution.ts';
import type { CorridorDoors } from './corridor.ts';
import { sharedOut } from './fed.ts';
import { type ArmedRule, loadArmedRules } from './findings/armed/armed-rules.ts';
import { isFieldKeyed, keyId } from './keys/field-keys.ts';
import { touchedKeys } from './keys/touched-keys.ts';
import type { LiveMemory } from './live-memory.ts';
import {
  type Ahead,
  aheadOf,
  type ChunkRef,
  type Fence,
  isAfter,
  lockPosition,
  nextChunks,
  type Position,
} from './observations/reader/store.ts';
import {
  addPiece,
  asideSince,
  dropOldSnapshots,
  openSnapshot,
  piecesOf,
  type SnapshotRef,
  setAside,
  snapshotsOf,
} from './observations/snapshots/store.ts';
import { recordsOf } from './observations/store.ts';
import { loadDossiers } from './registry/dossier.ts';

/** Records replayed at once. */
const REPLAYED = 4_000;
/** When more subjects changed since a snapshot, every key is judged from what is stored. */
const MOST_CHANGED = 5_000;

type Doors = Pick<CorridorDoors, 'database' | 'clock' | 'log' | 'contributions'>;

/**
 * Writes what is remembered beside the position it belongs to, in one transaction. False when the partition
 * is no longer ours. Nothing may be judged meanwhile.
 */
export async function keepMemory(doors: Doors, fence: Fence, memory: LiveMemory): Promise<boolean> {
  return doors.database.corridor(async tx => {
    const position = await lockPosition(tx, fence);
    if (position === undefined) return false;
    const snapshotNo = await openSnapshot(tx, fence.partition, position, doors.clock.now());
    let pieceNo = 0;
    for await (const piece of memory.image(stopOf(position))) {
      await addPiece(tx, snapshotNo, pieceNo, piece);
      pieceNo += 1;
    }
    await dropOldSnapshots(tx, fence.partition);
    return true;
  });
}

/**
 * Remembers what the last sound snapshot holds and what came since (E-15). A damaged snapshot is set aside and
 * the one before it used; without any the memory is empty, and every subject is judged from what is stored.
 */
export async function recallMemory(doors: Doors, fence: Fence, memory: LiveMemory): Promise<void> {
  await memory.drop();
  await doors.database.corridor(async tx => {
    const position = await lockPosition(tx, fence);
    if (position === undefined) return;
    const rules = await loadArmedRules(tx, worldOf(doors.contributions));
    for (const snapshot of await snapshotsOf(tx, fence.partition)) {
      await memory.arm(rules);
      const fault = await memory.load(await piecesOf(tx, snapshot.snapshotNo), stopOf(snapshot));
      if (fault === null) {
        await forgetChanged(tx, memory, rules, await asideSince(tx, snapshot.snapshotNo));
        const records = await replay(tx, memory, snapshot, {
          position,
          ahead: await aheadOf(tx, fence.partition),
        });
        doors.log.info(
          { snapshot: snapshot.snapshotNo, subjects: memory.size, keys: memory.keys.size, records },
          'judging remembers',
        );
        return;
      }
      doors.log.error(
        { snapshot: snapshot.snapshotNo, ...fault },
        'a snapshot of judging is damaged and set aside',
      );
      await setAside(tx, snapshot.snapshotNo, `${fault.piece}: ${fault.fault}`);
      await memory.drop();
    }
  });
}

/** Forgets subjects that were judged again for another reason than records to come, and the keys their records lie under. */
async function forgetChanged(
  tx: Tx,
  memory: LiveMemory,
  rules: readonly ArmedRule[],
  subjectIds: readonly number[],
): Promise<void> {
  for (const subjectId of subjectIds) memory.forget(subjectId);
  if (memory.keys.size === 0 || subjectIds.length === 0) return;
  if (subjectIds.length > MOST_CHANGED) {
    memory.keys.forgetAll();
    return;
  }
  const touched = (await loadDossiers(tx, { claims: [], subjectIds })).map(dossier => ({
    dossier,
    fromMs: -FOREVER_MS,
    isOnlyFed: false,
  }));
  const keys = await touchedKeys(tx, rules.filter(isFieldKeyed), { touched, fed: [] }, () =>
    memory.keys.forgetAll(),
  );
  for (const { key } of keys) memory.keys.forget(keyId(key));
}

interface Judged {
  readonly position: Position;
  /** How far parties were judged after it. */
  readonly ahead: Ahead;
}

/** What was found then is stored; only the state is wanted. How many records were gone through. */
async function replay(tx: Tx, memory: LiveMemory, since: SnapshotRef, until: Judged): Promise<number> {
  const then: Judged = {
    position: { ...until.position, xid: since.xid, chunk: since.chunk },
    ahead: new Map(since.ahead.map(each => [each.partyId, each])),
  };
  const furthest = [...until.ahead.values()].reduce(
    (far, each) => (isAfter(each, far) ? each : far),
    placeOf(until.position),
  );
  let from = then.position;
  let records = 0;
  for (;;) {
    const chunks = (await nextChunks(tx, from, REPLAYED)).filter(chunk => !isAfter(chunk, furthest));
    const last = chunks.at(-1);
    if (last === undefined) return records;
    const since = chunks.filter(chunk => isJudged(until, chunk) && !isJudged(then, chunk));
    const delivered = await recordsOf(
      tx,
      since.map(chunk => chunk.chunkId),
    );
    const claims = [...new Set(delivered.map(record => record.claim))];
    const dossiers = await memory.shelf.take(tx, claims, []);
    const fed = sharedOut(delivered, dossiers).filter(each => each.records.length > 0);
    const known = fed.filter(each => memory.knows(each.dossier.subjectId));
    for (const { dossier, lateMs } of await memory.judge(known))
      if (lateMs !== null) memory.forget(dossier.subjectId);
    for (const late of memory.keys.judge(fed, []).late) memory.keys.forget(late);
    records += delivered.length;
    from = { ...from, xid: last.xid, chunk: last.chunkId };
  }
}

function isJudged({ position, ahead }: Judged, chunk: ChunkRef): boolean {
  const own = ahead.get(chunk.partyId);
  return !isAfter(chunk, placeOf(position)) || (own !== undefined && !isAfter(chunk, own));
}

function placeOf({ xid, chunk }: Position): { xid: string; chunkId: number } {
  return { xid, chunkId: chunk };
}

function stopOf({ xid, chunk }: { readonly xid: string; readonly chunk: number }): string {
  return `${xid}/${chunk}`;
}
