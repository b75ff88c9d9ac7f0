import type { Logger } from '../../kernel/log.ts';
import type { Clock } from '../../kernel/time.ts';
import type { LeftOut } from './judge-keys.ts';

/** Said again at most this often for the same. */
const SAID_MS = 10 * 60_000;

/** Counts what judging left out for a bound since the start, and says it, without a value that records told. */
export class LeftOutCount {
  readonly #counts = new Map<LeftOut['why'], number>([
    ['key-crowded', 0],
    ['claim-with-many-keys', 0],
  ]);
  readonly #saidMs = new Map<string, number>();
  readonly #log: Logger;
  readonly #clock: Clock;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** By reason: keys, or claims, that a step of judging left out. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  add({ why, partyId, field }: LeftOut): void {
    this.#counts.set(why, (this.#counts.get(why) ?? 0) + 1);
    const name = `${why} ${partyId} ${field}`;
    const nowMs = this.#clock.now();
    if (nowMs - (this.#saidMs.get(name) ?? -SAID_MS) < SAID_MS) return;
    this.#saidMs.set(name, nowMs);
    this.#log.warn({ why, partyId, field }, 'judging left something out, for it goes beyond a bound');
  }
}
