import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../../kernel/log.ts';
import { startLoop } from '../../../kernel/loop.ts';
import type { Clock } from '../../../kernel/time.ts';
import { checkpointText } from '../checkpoint.ts';
import { type PublishedCheckpoint, readCheckpointFile, writeCheckpointFile } from '../checkpoint-file.ts';
import { consistencyProof } from '../nodes.ts';
import { type Cosignature, cosignatureIn } from './cosignature.ts';
import type { AskedWitness, WitnessPolicy } from './policy.ts';
import { heedWitness, type SeenOptions } from './seen.ts';

/**
 * Why a witness does not cosign.
 *
 * - `no-answer`: down, unreachable, or an answer that is none.
 * - `not-known-there`: it was not given this log, or another key of it (404, 403).
 * - `saw-more`: it cosigned more than this log holds; see `heedWitness`.
 * - `saw-another-history`: what it cosigned is no beginning of this log: somebody else signs with its key, or this
 *   database is not the one that was published (422).
 */
export type WitnessTrouble = 'no-answer' | 'not-known-there' | 'saw-more' | 'saw-another-history';

export interface WitnessStanding {
  readonly name: string;
  /** The size of the last checkpoint it cosigned since the start; null for none. */
  readonly size: number | null;
  readonly cosignedAtMs: number | null;
  readonly trouble: WitnessTrouble | null;
}

export interface Cosigning {
  standings(): readonly WitnessStanding[];
  stop(): Promise<void>;
}

export interface CosigningOptions extends Omit<SeenOptions, 'witnesses'> {
  readonly policy: WitnessPolicy;
  /** Where the newest checkpoint with the cosignatures of a quorum lies. */
  readonly cosignedFile: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds between two rounds. */
  readonly restMs: number;
}

interface Asked {
  readonly witness: AskedWitness;
  /** What it last cosigned, as far as is known; 0 makes it tell. */
  size: number;
  last: { readonly size: number; readonly atMs: number } | null;
  trouble: WitnessTrouble | null;
  failures: number;
  /** A question to it has no answer yet. */
  isBusy: boolean;
  /** It is left alone until then. */
  restsUntilMs: number;
}

/** A checkpoint that stays the same is cosigned anew after this, so that whoever watches sees that it is the newest. */
const RENEW_MS = 3_600_000;
const LONGEST_REST_MS = 60_000;
/** A witness that takes longer is left to answer by itself, and the next round goes on without it. */
const PATIENCE_MS = 1_000;

function isDue(asked: Asked, nowMs: number): boolean {
  return !asked.isBusy && asked.restsUntilMs <= nowMs;
}

/**
 * Asks the witnesses for cosignatures in the background, round by round, all of them for the same checkpoint, so
 * that they come to a quorum under load too. Nothing waits for it: publishing goes on, and a witness that failed is
 * left alone for a growing while, up to a minute.
 */
export function startCosigning(options: CosigningOptions): Cosigning {
  const asked = options.policy.witnesses.map(
    (witness): Asked => ({
      witness,
      size: 0,
      last: null,
      trouble: null,
      failures: 0,
      isBusy: false,
      restsUntilMs: 0,
    }),
  );
  let done: { text: string; lines: Map<string, string>; atMs: number } | null = null;

  let writing: Promise<void> = Promise.resolve();

  async function round(): Promise<boolean> {
    const published = await readCheckpointFile(options.checkpointFile, options.key);
    if (published === null) return false;
    const nowMs = options.clock.now();
    const text = checkpointText(published);
    if (done?.text !== text || nowMs - done.atMs > RENEW_MS) done = { text, lines: new Map(), atMs: nowMs };
    const current = done;
    const due = asked.filter(each => isDue(each, nowMs) && !current.lines.has(each.witness.name));
    const turns = due.map(async each => {
      each.isBusy = true;
      const cosigned = await cosignatureOf(options, each, published, text);
      each.isBusy = false;
      if (cosigned === null || done !== current) return;
      current.lines.set(each.witness.name, cosigned.line);
      await keep(published.note, current.lines);
    });
    if (turns.length > 0) await Promise.race([Promise.all(turns), delay(PATIENCE_MS)]);
    return false;
  }

  /** One after the other, so that the file with more lines is the later one. */
  function keep(note: string, lines: ReadonlyMap<string, string>): Promise<void> {
    if (!options.policy.isQuorum(new Set(lines.keys()))) return Promise.resolve();
    const text = note + [...lines.values()].join('');
    const turn = writing.then(() => writeCheckpointFile(options.cosignedFile, text));
    writing = turn.catch((cause: unknown) => {
      options.log.error({ err: cause }, 'a cosigned checkpoint cannot be kept');
    });
    return writing;
  }

  const loop = startLoop({ name: 'cosigning', log: options.log, restMs: options.restMs, step: round });
  return {
    standings: () =>
      asked.map(({ witness, last, trouble }) => ({
        name: witness.name,
        size: last?.size ?? null,
        cosignedAtMs: last?.atMs ?? null,
        trouble,
      })),
    stop: async () => {
      await loop.stop();
      await writing;
    },
  };
}

/** Asks one witness, telling it where it stands if it says that it stands elsewhere. Never throws. */
async function cosignatureOf(
  options: CosigningOptions,
  asked: Asked,
  published: PublishedCheckpoint,
  text: string,
): Promise<Cosignature | null> {
  const trouble = (which: WitnessTrouble, cause?: unknown): null => {
    if (asked.trouble !== which)
      options.log.error(
        { witness: asked.witness.name, trouble: which, err: cause },
        'a witness does not cosign',
      );
    asked.trouble = which;
    asked.failures += 1;
    const restMs = Math.min(LONGEST_REST_MS, 1000 * 2 ** Math.min(asked.failures - 1, 6));
    asked.restsUntilMs = options.clock.now() + restMs;
    return null;
  };
  try {
    for (let turn = 0; turn < 3; turn++) {
      if (asked.size > published.size) return await sawMore();
      const answer = await options.wire.submit(
        asked.witness.url,
        await submission(options, asked.size, published),
      );
      if (answer.status === 200) {
        const cosigned = cosignatureIn(answer.body, text, asked.witness.key);
        if (cosigned === null) return trouble('no-answer');
        Object.assign(asked, { size: published.size, trouble: null, failures: 0, restsUntilMs: 0 });
        asked.last = { size: published.size, atMs: cosigned.atMs };
        return cosigned;
      }
      const size = answer.status === 409 ? /^(0|[1-9]\d{0,15})\n?$/.exec(answer.body)?.[1] : undefined;
      if (size !== undefined) asked.size = Number(size);
      else if (answer.status === 422 || answer.status === 409) {
        await heedWitness({ ...options, witnesses: [] }, asked.witness);
        return trouble('saw-another-history');
      } else if (answer.status === 404 || answer.status === 403) return trouble('not-known-there');
      else return trouble('no-answer');
    }
    return trouble('no-answer');
  } catch (cause) {
    return trouble('no-answer', cause);
  }

  /** Another server on this log may just have published more; what the witness shows decides. */
  async function sawMore(): Promise<null> {
    await heedWitness({ ...options, witnesses: [] }, asked.witness);
    return trouble('saw-more');
  }
}

async function submission(
  options: CosigningOptions,
  oldSize: number,
  published: PublishedCheckpoint,
): Promise<string> {
  const hashes =
    oldSize === 0 || oldSize === published.size
      ? []
      : await options.database.corridor(tx => consistencyProof(tx, oldSize, published.size));
  return `old ${oldSize}\n${hashes.map(hash => `${hash.toString('base64')}\n`).join('')}\n${published.note}`;
}
