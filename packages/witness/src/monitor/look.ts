import { createHash } from 'node:crypto';
import {
  type Checkpoint,
  consistencyHashes,
  isEqual,
  leafHash,
  type Policy,
  parseCheckpoint,
  parseNote,
  type ReadLogFile,
  RootFold,
  readEntries,
  VerificationError,
  verifyCheckpoint,
  verifyTiles,
  verifyTreeConsistency,
} from '@thingward/verifier';
import { WitnessRefusal } from '../refusal.ts';
import type { Alarm, AlarmKind } from './alarms.ts';
import { newestCosignatureMs } from './freshness.ts';
import type { Followed } from './monitor-memory.ts';
import { isWatched, readEntry, type Watch } from './watches.ts';

/** A witness that is asked what it saw. */
export interface AskedWitness {
  readonly url: string;
  readonly read: ReadLogFile;
}

export interface LookPlan {
  readonly origin: string;
  readonly read: ReadLogFile;
  /** The log's keys, the witnesses' keys and the quorum. */
  readonly policy: Policy;
  /** The same without a quorum: what a witness answers bears the log's signature and its own alone. */
  readonly logAlone: Policy;
  readonly witnesses: readonly AskedWitness[];
  readonly watches: readonly Watch[];
  /** How long a log may show nothing new, in milliseconds. */
  readonly staleMs: number;
  /** Derive the whole log anew at every look, old entries and hash tiles too: what was changed afterwards shows by this. */
  readonly isWhole?: boolean;
  /** How often what looks like a shrunk log is asked again, and after which pause: caches may be seconds old. */
  readonly pause: (ms: number) => Promise<void>;
}

/** What a look came to: what is remembered now, and what is wrong. */
export interface Look {
  /** Whether the log could be read at all. */
  readonly isAnswered: boolean;
  readonly followed: Followed;
  readonly alarms: readonly Alarm[];
}

const CACHE_MS = 2_000;
/** How many watched entries of one look are named, and how many kinds of act are counted apart. */
const MOST_NAMED = 100;
const MOST_ACTS = 500;

/**
 * Looks at the log once. The witnesses are asked before the log, so that the log has no excuse for showing less.
 * What is remembered goes on only over a checkpoint whose root was derived from its entries, beginning with
 * the root that was derived before: a log that once showed another history can never be followed past it.
 */
export async function look(plan: LookPlan, before: Followed, nowMs: number): Promise<Look> {
  const seen = await whatWitnessesSaw(plan);
  const shown = await whatTheLogShows(plan, before, nowMs, seen.checkpoints);
  if (shown.note === null) {
    const followed = shown.isAnswered ? { ...before, answeredAtMs: nowMs } : before;
    return { isAnswered: shown.isAnswered, followed, alarms: [...seen.alarms, ...shown.alarms] };
  }
  const { isAnswered, followed, alarms } = await followTo(plan, before, shown.checkpoint, shown.note, nowMs);
  const compared = await compareWithWitnesses(plan, shown, seen.checkpoints);
  const stale = isAnswered ? staleness(plan, followed, nowMs) : [];
  const whole = plan.isWhole === true ? await deriveWhole(plan, shown.note) : [];
  return {
    isAnswered,
    followed,
    alarms: [...seen.alarms, ...shown.alarms, ...alarms, ...compared, ...stale, ...whole],
  };
}

interface Seen {
  readonly url: string;
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

async function whatWitnessesSaw(plan: LookPlan): Promise<{ checkpoints: Seen[]; alarms: Alarm[] }> {
  const checkpoints: Seen[] = [];
  const alarms: Alarm[] = [];
  const path = `${createHash('sha256').update(plan.origin).digest('hex')}/checkpoint`;
  for (const { url, read } of plan.witnesses) {
    try {
      const bytes = await read(path);
      if (bytes === null) continue;
      const note = textOf(bytes);
      checkpoints.push({ url, note, checkpoint: await verifyCheckpoint(note, plan.logAlone) });
    } catch (cause) {
      if (cause instanceof VerificationError)
        alarms.push(
          alarm('unsigned', `The witness ${url} shows a checkpoint that does not verify: ${cause.code}`, {
            url,
          }),
        );
      else if (!(cause instanceof WitnessRefusal)) throw cause;
    }
  }
  return { checkpoints, alarms };
}

type Shown =
  | { readonly note: string; readonly checkpoint: Checkpoint; readonly alarms: readonly Alarm[] }
  | { readonly note: null; readonly isAnswered: boolean; readonly alarms: readonly Alarm[] };

async function whatTheLogShows(
  plan: LookPlan,
  before: Followed,
  nowMs: number,
  seen: readonly Seen[],
): Promise<Shown> {
  const least = Math.max(before.size, ...seen.map(each => each.checkpoint.size));
  let note: string;
  let checkpoint: Checkpoint;
  try {
    for (let isSecond = false; ; isSecond = true) {
      const bytes = await plan.read('checkpoint');
      if (bytes === null) throw new WitnessRefusal('log-unreachable', 'no checkpoint');
      note = textOf(bytes);
      checkpoint = await verifyCheckpoint(note, plan.policy);
      if (checkpoint.size >= least || isSecond) break;
      await plan.pause(CACHE_MS);
    }
  } catch (cause) {
    if (cause instanceof VerificationError)
      return {
        note: null,
        isAnswered: true,
        alarms: [
          alarm('unsigned', `The checkpoint does not verify: ${cause.code}`, {
            code: cause.code,
            detail: cause.detail,
          }),
        ],
      };
    if (!(cause instanceof WitnessRefusal)) throw cause;
    return { note: null, isAnswered: false, alarms: silence(plan, before, nowMs, cause) };
  }
  if (checkpoint.size >= before.size) return { note, checkpoint, alarms: [] };
  const said = `The log shows ${checkpoint.size} entries; it showed ${before.size} before`;
  return {
    note: null,
    isAnswered: true,
    alarms: [alarm('shrunk', said, { before: before.note, now: note })],
  };
}

/** Derives the root anew from the entries that came, on top of the edge that was derived before. */
async function followTo(
  plan: LookPlan,
  before: Followed,
  checkpoint: Checkpoint,
  note: string,
  nowMs: number,
): Promise<Look> {
  const fold = new RootFold(before.parts);
  const acts = new Map(Object.entries(before.acts));
  const watched: Alarm[] = [];
  const kept = { ...before, answeredAtMs: nowMs };
  try {
    await readEntries(plan.read, before.size, checkpoint.size, async (bytes, index) => {
      await fold.add(await leafHash(new Uint8Array(bytes)));
      const entry = readEntry(bytes);
      const named = entry?.act ?? 'unreadable';
      const act = acts.has(named) || acts.size < MOST_ACTS ? named : 'others';
      acts.set(act, (acts.get(act) ?? 0) + 1);
      const watch = entry === null ? undefined : plan.watches.find(each => isWatched(each, entry));
      if (watch !== undefined && watched.length < MOST_NAMED)
        watched.push(
          alarm('watched', `Entry ${index}: ${watch.said}`, {
            index,
            entry: textOf(bytes),
            watch: watch.said,
          }),
        );
    });
  } catch (cause) {
    if (cause instanceof WitnessRefusal)
      return { isAnswered: false, followed: before, alarms: silence(plan, before, nowMs, cause) };
    if (!(cause instanceof VerificationError)) throw cause;
    const said = `What the checkpoint implies is not there: ${cause.code} ${cause.detail}`;
    return {
      isAnswered: true,
      followed: kept,
      alarms: [alarm('damaged', said, { note, file: cause.detail })],
    };
  }
  if (!isEqual(await fold.root(), checkpoint.root)) {
    const said = `The entries the log shows do not lead from ${before.size} to the root it signed for ${checkpoint.size}`;
    return {
      isAnswered: true,
      followed: kept,
      alarms: [alarm('fork', said, { before: before.note, now: note })],
    };
  }
  const grownAtMs = checkpoint.size > before.size || before.note === '' ? nowMs : before.grownAtMs;
  const { size, root } = checkpoint;
  return {
    isAnswered: true,
    followed: {
      note,
      size,
      root,
      parts: fold.parts(),
      acts: Object.fromEntries(acts),
      grownAtMs,
      answeredAtMs: nowMs,
    },
    alarms: watched,
  };
}

/** Every entry and every hash tile of the log, against the signed root. */
async function deriveWhole(plan: LookPlan, note: string): Promise<Alarm[]> {
  try {
    // The checkpoint stays the one that was shown, whatever the log published meanwhile.
    const read: ReadLogFile = async path =>
      path === 'checkpoint' ? new TextEncoder().encode(note) : plan.read(path);
    await verifyTiles(read, plan.policy);
    return [];
  } catch (cause) {
    if (cause instanceof WitnessRefusal) return [];
    if (!(cause instanceof VerificationError)) throw cause;
    const isOther = cause.code === 'root-invalid' || cause.code === 'tile-invalid';
    const said = `The whole log is not what was signed: ${cause.code} ${cause.detail}`;
    return [alarm(isOther ? 'fork' : 'damaged', said, { note, code: cause.code, file: cause.detail })];
  }
}

/** Every checkpoint a witness saw must be a beginning of what the log shows, by the log's own tiles. */
async function compareWithWitnesses(
  plan: LookPlan,
  shown: { readonly note: string; readonly checkpoint: Checkpoint },
  seen: readonly Seen[],
): Promise<Alarm[]> {
  const alarms: Alarm[] = [];
  for (const { url, note, checkpoint } of seen) {
    const evidence = { witness: note, log: shown.note };
    if (checkpoint.size > shown.checkpoint.size) {
      const said = `The log showed ${url} ${checkpoint.size} entries and shows ${shown.checkpoint.size}`;
      alarms.push(alarm('shrunk', said, evidence));
      continue;
    }
    try {
      const hashes = await consistencyHashes(plan.read, checkpoint.size, shown.checkpoint.size);
      await verifyTreeConsistency(checkpoint, shown.checkpoint, hashes);
    } catch (cause) {
      if (cause instanceof WitnessRefusal) continue;
      if (!(cause instanceof VerificationError)) throw cause;
      const kind: AlarmKind = cause.code === 'consistency-invalid' ? 'fork' : 'damaged';
      alarms.push(
        alarm(
          kind,
          `What ${url} cosigned for ${checkpoint.size} entries is no beginning of what the log shows`,
          evidence,
        ),
      );
    }
  }
  return alarms;
}

/** No answer is nothing for a while, and an alarm then. */
function silence(plan: LookPlan, before: Followed, nowMs: number, cause: WitnessRefusal): Alarm[] {
  if (nowMs - before.answeredAtMs <= plan.staleMs) return [];
  const since = at(before.answeredAtMs);
  return [alarm('unreachable', `No answer since ${since}: ${cause.detail}`, { since })];
}

function staleness(plan: LookPlan, followed: Followed, nowMs: number): Alarm[] {
  const newestMs = Math.max(followed.grownAtMs, newestCosignatureMs(followed.note, plan.policy));
  if (nowMs - newestMs <= plan.staleMs) return [];
  const size = parseCheckpoint(parseNote(followed.note).text).size;
  return [
    alarm('stale', `Nothing new since ${at(newestMs)}, at ${size} entries`, {
      since: at(newestMs),
      note: followed.note,
    }),
  ];
}

function alarm(kind: AlarmKind, said: string, evidence: Alarm['evidence']): Alarm {
  return { kind, said, evidence };
}

function at(ms: number): string {
  return new Date(ms).toISOString();
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}
