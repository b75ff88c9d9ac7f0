import type { Logger } from './log.ts';

/** Work that goes on in the background until it is stopped. */
export interface Loop {
  /** Something was committed that the work may want to see; never waits, never throws. */
  wake(): void;
  /** Ends after the step under way; safe to call twice. */
  stop(): Promise<void>;
}

export interface LoopPlan {
  readonly name: string;
  readonly log: Logger;
  /** How long to rest when there is nothing to do and nobody wakes it, in milliseconds. */
  readonly restMs: number;
  /** One step; true when there may be more to do at once. A step that throws is tried again after a growing pause. */
  step(): Promise<boolean>;
}

const LONGEST_PAUSE_MS = 10_000;

/**
 * Runs a step again and again. A step that fails is logged and repeated after 100 ms, 200 ms and so on up to
 * ten seconds: a step must therefore be safe to repeat.
 */
export function startLoop(plan: LoopPlan): Loop {
  let isStopped = false;
  let isWoken = false;
  let endRest: (() => void) | null = null;
  let failures = 0;

  const rest = (ms: number) =>
    new Promise<void>(resolve => {
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        endRest = null;
        resolve();
      }
      endRest = done;
      if (isWoken || isStopped) done();
    });

  async function run(): Promise<void> {
    while (!isStopped) {
      isWoken = false;
      try {
        const hasMore = await plan.step();
        failures = 0;
        if (!hasMore) await rest(plan.restMs);
      } catch (error) {
        failures += 1;
        plan.log.error(
          { loop: plan.name, failures, err: error },
          'a step of background work failed and will be repeated',
        );
        const pauseMs = Math.min(LONGEST_PAUSE_MS, 100 * 2 ** Math.min(failures - 1, 7));
        isWoken = false;
        await rest(pauseMs);
      }
    }
  }

  const finished = run();
  return {
    wake: () => {
      isWoken = true;
      endRest?.();
    },
    stop: () => {
      isStopped = true;
      endRest?.();
      return finished;
    },
  };
}
