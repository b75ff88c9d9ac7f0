import type { Database } from '../../kernel/database/transaction.ts';
import type { Logger } from '../../kernel/log.ts';
import { type Loop, startLoop } from '../../kernel/loop.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import type { Clock } from '../../kernel/time.ts';
import { type Contribution, worldOf } from '../contribution.ts';
import { loadArmedRules } from '../findings/armed/armed-rules.ts';
import { type BackTest, finishBackTest } from '../findings/back-tests/back-tests.ts';
import { breakOff, claimNext, end, noteProgress } from '../findings/back-tests/store.ts';
import { readRule } from '../rules/read-rule.ts';
import { backTestRule } from './back-test-rule.ts';
import { Canceled } from './plan.ts';

export interface BackTestWorks {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly contributions: readonly Contribution[];
  /** Names this installation, the same after a restart. */
  readonly runner: string;
  /** Told when a back-test has ended; only announces. */
  onEnded?(test: BackTest): void;
}

/** Runs back-tests that wait, one after the other, as long as the process lives. */
export function startBackTests(works: BackTestWorks): Loop {
  let isStopping = false;
  const loop = startLoop({
    name: 'back-tests',
    log: works.log,
    restMs: 2_000,
    step: () => (isStopping ? Promise.resolve(false) : runNext(works, () => isStopping)),
  });
  return {
    ...loop,
    stop: () => {
      isStopping = true;
      return loop.stop();
    },
  };
}

/**
 * Runs the next that waits; false when none does. What this installation left running when it last ended is
 * broken off first: its state lay in memory and is gone. Asking again is all it takes.
 */
export async function runNext(
  works: BackTestWorks,
  isStopping: () => boolean = () => false,
): Promise<boolean> {
  const { database, clock, runner, log } = works;
  const broken = await database.corridor(tx => breakOff(tx, runner, clock.now()));
  if (broken.length > 0) log.warn({ backTests: broken }, 'back-tests were broken off by a restart');
  const test = await database.corridor(tx => claimNext(tx, runner));
  if (test === undefined) return false;
  await run(works, test, isStopping);
  works.onEnded?.(test);
  return true;
}

async function run(works: BackTestWorks, test: BackTest, isStopping: () => boolean): Promise<void> {
  const { database, clock, contributions, log } = works;
  const world = worldOf(contributions);
  const endAs = (state: 'canceled' | 'failed' | 'broken-off', fault?: string) =>
    database.corridor(tx =>
      end(tx, test.backTestId, { state, atMs: clock.now(), ...(fault === undefined ? {} : { fault }) }),
    );
  try {
    const rule = readRule(test.text, test.ruleId, world);
    if (!('where' in rule)) {
      await endAs('failed', 'rule-refused');
      return;
    }
    const armed = await database.corridor(tx => loadArmedRules(tx, world));
    const result = await backTestRule(
      {
        database,
        contributions,
        onProgress: async (done, total) =>
          !isStopping() && (await database.corridor(tx => noteProgress(tx, test.backTestId, done, total))),
      },
      {
        rule,
        armed: armed.find(each => each.rule.id === test.ruleId)?.rule ?? null,
        fromMs: test.fromMs,
        toMs: test.toMs,
        chosen: test.chosen,
      },
    );
    await database.corridor(tx => finishBackTest(tx, test, result, clock.now(), world.digest));
  } catch (error) {
    if (error instanceof Canceled) {
      await endAs(isStopping() ? 'broken-off' : 'canceled');
      return;
    }
    log.error({ backTest: test.backTestId, err: error }, 'a back-test failed');
    await endAs('failed', isRefusal(error) ? error.code : 'failed');
  }
}
