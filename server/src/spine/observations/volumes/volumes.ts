import { sha256 } from '../../../kernel/bytes.ts';
import { type Canonical, canonicalJson } from '../../../kernel/canonical-json.ts';
import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { type Clock, rfc3339 } from '../../../kernel/time.ts';
import { stage } from '../../ledger/stage.ts';
import { recorded } from '../../registry/recorded.ts';
import type { IntakeCode } from '../intake.ts';
import { sourceById } from '../store.ts';
import { leapOf, learned, quartilesOf, WINDOW_CLAIMS, WINDOW_RECORDS } from './level.ts';
import type { Jump, Looked, SampledChunk, VolumeState } from './store.ts';
import * as store from './store.ts';

export { countJumps, type Jump, jumpsOf } from './store.ts';

export type VolumesCode = 'source-volumes-unquestioned';

/** A kind of record that tells a volume: the field, or the parts that it is the sum of. */
export interface VolumeKind {
  readonly kind: string;
  readonly totals?: Readonly<Record<string, readonly string[]>>;
}

interface Doors {
  readonly database: Database;
  readonly clock: Clock;
}

const SOURCES_A_PAGE = 200;
/** One look at a source: memory and time are bounded by it, however much came. */
const MOST = { chunks: 400, ofEach: 64 };

/**
 * Looks at what sources delivered since the last look: learns how large their volumes usually are, and keeps a leap as
 * between units until somebody answers it (CR-27). Nothing is refused for it and no verdict rests on it.
 *
 * Each source is a commit of its own; one that failed, or whose answer was lost, is looked at from where it was. True
 * when more waits of a source than one look takes.
 */
export async function lookAtVolumes(doors: Doors, kinds: readonly VolumeKind[]): Promise<boolean> {
  let hasMore = false;
  for (let after = 0; ; ) {
    const page = await doors.database.corridor(tx => store.sourcesToLook(tx, after, SOURCES_A_PAGE));
    for (const source of page)
      if (await doors.database.corridor(tx => lookAt(tx, source, kinds, doors.clock.now()))) hasMore = true;
    if (page.length < SOURCES_A_PAGE) return hasMore;
    after = page.at(-1)?.sourceId ?? after;
  }
}

async function lookAt(tx: Tx, source: Looked, kinds: readonly VolumeKind[], nowMs: number): Promise<boolean> {
  const profile = sha256(canonicalJson(source.profile as unknown as Canonical));
  const before = await store.lockVolumes(tx, source, profile);
  const asked = {
    sourceId: source.sourceId,
    afterChunk: before.upToChunk,
    kinds: kinds.map(each => each.kind),
  };
  const chunks = await store.sampledChunks(tx, asked, MOST);
  const isFull = chunks.length === MOST.chunks;
  const after = through(before, windowsIn(chunks, kinds, isFull), source.profile.counter);
  if (after === before) return false;
  await store.keepVolumes(tx, source.sourceId, profile, after);
  if (after.jump !== null && before.jump === null) await tell(tx, source, after.jump, nowMs);
  return isFull;
}

/** Some chunks one after another, and the volumes of their records; null where too few tell any. */
interface Piece {
  readonly upToChunk: number;
  readonly atMs: number;
  readonly batchId: number;
  readonly volumes: readonly number[] | null;
}

/** The chunks as windows; what is left over at the end waits for more, unless a look can hold no more. */
function windowsIn(chunks: readonly SampledChunk[], kinds: readonly VolumeKind[], isFull: boolean): Piece[] {
  const pieces: Piece[] = [];
  let volumes: number[] = [];
  const claims = new Set<string>();
  for (const { chunkId, batchId, receivedAtMs, records } of chunks) {
    for (const { claim, kind, body } of records) {
      const volume = volumeIn(
        body,
        kinds.find(each => each.kind === kind),
      );
      if (volume <= 0) continue;
      volumes.push(volume);
      claims.add(claim);
    }
    if (volumes.length < WINDOW_RECORDS || claims.size < WINDOW_CLAIMS) continue;
    pieces.push({ upToChunk: chunkId, atMs: receivedAtMs, batchId, volumes });
    volumes = [];
    claims.clear();
  }
  const last = chunks.at(-1);
  if (isFull && last !== undefined && pieces.at(-1)?.upToChunk !== last.chunkId)
    pieces.push({ upToChunk: last.chunkId, atMs: last.receivedAtMs, batchId: last.batchId, volumes: null });
  return pieces;
}

/** What a record says was used; of a total it does not state, the sum of the parts it does. 0 when it says nothing. */
function volumeIn(body: SampledChunk['records'][number]['body'], kind: VolumeKind | undefined): number {
  for (const [total, parts] of Object.entries(kind?.totals ?? {})) {
    const stated = body[total];
    if (typeof stated === 'number') return stated;
    return parts.reduce((sum, part) => sum + (typeof body[part] === 'number' ? Number(body[part]) : 0), 0);
  }
  return 0;
}

/** What leapt teaches no level: it is asked about, and until that is answered nothing is learned. */
function through(
  before: VolumeState,
  pieces: readonly Piece[],
  counter: Looked['profile']['counter'],
): VolumeState {
  let state = before;
  for (const { upToChunk, atMs, batchId, volumes } of pieces) {
    state = { ...state, upToChunk };
    if (volumes === null || state.jump !== null) continue;
    const quartiles = quartilesOf(volumes);
    const leap = leapOf(state, quartiles, atMs, counter);
    state =
      leap === null
        ? { ...state, ...learned(state, quartiles, atMs, counter) }
        : { ...state, jump: { ...leap, atMs, batchId } };
  }
  return state;
}

async function tell(tx: Tx, { sourceId, partyId }: Looked, jump: Jump, atMs: number): Promise<void> {
  const { direction, times, before, after, batchId } = jump;
  await stage(tx, {
    act: 'source-volumes-jumped',
    object: `source/${sourceId}`,
    partyId,
    actor: 'corridor',
    atMs,
    detail: { direction, times, before, after, batch: batchId },
  });
}

/** A jump as people are shown it; null where there is none. */
export function shownJump(jump: Jump | undefined) {
  if (jump === undefined) return null;
  const { atMs, batchId, ...leap } = jump;
  return { ...leap, since: rfc3339(atMs), batchId };
}

/**
 * Takes somebody's word that the volumes of a source are right as they come now: the question is gone, and how large
 * they usually are is learned anew. Refuses `source-unknown`, and `source-volumes-unquestioned` where nothing leapt.
 */
export async function confirmVolumes(
  doors: Doors,
  actor: { readonly partyId: number; readonly label: string },
  sourceId: number,
): Promise<Jump> {
  const object = `source/${sourceId}`;
  const attempt = { act: 'source-volumes-confirmed', object, partyId: actor.partyId, actor: actor.label };
  return await recorded(doors, attempt, async tx => {
    if ((await sourceById(tx, sourceId)) === undefined)
      throw new Refusal<IntakeCode>('source-unknown', { subject: object });
    const answered = await store.forgetLevel(tx, sourceId);
    if (answered === undefined)
      throw new Refusal<VolumesCode>('source-volumes-unquestioned', { subject: object });
    const { direction, times } = answered;
    return { result: answered, detail: { direction, times } };
  });
}
