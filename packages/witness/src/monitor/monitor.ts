import { join } from 'node:path';
import { originHash } from '../witness.ts';
import { type Alarm, keepAlarm } from './alarms.ts';
import { type LookPlan, look } from './look.ts';
import { type Followed, keepFollowed, nothingFollowed, recallFollowed } from './monitor-memory.ts';

/** One look, for people and programs. */
export interface Round {
  /** Whether the log could be read at all. */
  readonly isAnswered: boolean;
  readonly size: number;
  /** Entries that came since the look before. */
  readonly entries: number;
  readonly acts: Readonly<Record<string, number>>;
  /** Everything that is wrong now. */
  readonly alarms: readonly Alarm[];
  /** Those of them that were never raised before. */
  readonly raised: readonly Alarm[];
}

export interface Monitor {
  round(): Promise<Round>;
}

/**
 * Follows one log in a state folder that the caller holds. An alarm is durable before what was seen is: after a
 * crash it is found again, never missed.
 */
export async function openMonitor(folder: string, plan: LookPlan, now: () => number): Promise<Monitor> {
  const place = join(folder, 'followed', originHash(plan.origin));
  let followed: Followed = (await recallFollowed(place, plan.origin)) ?? (await nothingFollowed(now()));
  return {
    async round() {
      const nowMs = now();
      const before = followed;
      const seen = await look(plan, before, nowMs);
      const raised: Alarm[] = [];
      for (const alarm of seen.alarms)
        if (await keepAlarm(join(place, 'alarms'), alarm, nowMs)) raised.push(alarm);
      await keepFollowed(place, plan.origin, seen.followed);
      followed = seen.followed;
      const { size, acts } = followed;
      return {
        isAnswered: seen.isAnswered,
        size,
        entries: size - before.size,
        acts,
        alarms: seen.alarms,
        raised,
      };
    },
  };
}
