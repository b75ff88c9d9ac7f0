import { sha256 } from '../../../kernel/bytes.ts';
import { type Canonical, canonicalJson } from '../../../kernel/canonical-json.ts';
import { MINUTE_MS, rfc3339 } from '../../../kernel/time.ts';
import { stage, stageAll } from '../../ledger/stage.ts';
import { KNOWN_MS, LIMITS } from '../people/lock-out.ts';
import { SPENT_MS } from '../people/second-factor/code.ts';
import { dropSpentCodes } from '../people/second-factor/store.ts';
import { dropStale } from '../people/tries/store.ts';
import { MOST_TOLD, type RecordDoors } from '../recorded.ts';
import { keepSettings, takeCounts } from './store.ts';

const MOST_AT_ONCE = 500;

/**
 * Puts on record how many more refusals there were in each minute that is over than were told one by one, and
 * drops counts and codes that say nothing any more. Counts survive a crash; a count is told once.
 */
export async function settleRefusals({ database, clock }: RecordDoors): Promise<number> {
  return database.corridor(async tx => {
    const now = clock.now();
    const counts = await takeCounts(tx, minuteOf(now), MOST_AT_ONCE);
    const more = counts.filter(each => each.times > MOST_TOLD);
    await stageAll(
      tx,
      more.map(({ act, actor, code, minuteMs, partyId, times }) => ({
        act: `${act}-refused-often`,
        object: actor,
        partyId,
        actor,
        atMs: now,
        detail: { code, minute: rfc3339(minuteMs), times, toldOneByOne: MOST_TOLD },
      })),
    );
    await dropStale(tx, { triesMs: now - LIMITS.quietMs, knownMs: now - KNOWN_MS });
    await dropSpentCodes(tx, now - SPENT_MS);
    return counts.length;
  });
}

/** Puts the settings of access on record when they are others than before. */
export async function recordSettings(
  { database, clock }: RecordDoors,
  settings: Readonly<Record<string, Canonical>>,
): Promise<void> {
  await database.corridor(async tx => {
    if (!(await keepSettings(tx, sha256(canonicalJson(settings))))) return;
    const act = { act: 'access-settings-changed', object: 'settings/access', partyId: null };
    await stage(tx, { ...act, actor: 'operator', atMs: clock.now(), detail: settings });
  });
}

function minuteOf(ms: number): number {
  return ms - (ms % MINUTE_MS);
}
