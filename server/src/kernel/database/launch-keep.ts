import type { Logger } from '../log.ts';
import { endServer, isRunning } from './launch-process.ts';

const LOOK_MS = 250;

/** A server that is looked after. */
export interface Kept {
  /** Of the server that runs now. */
  pid(): number;
  /** Ends the server and looks after it no more. May be called twice. */
  end(): Promise<void>;
}

/**
 * Looks after a server: when it has gone and nobody ended it (the kernel ran out of memory, someone killed it),
 * it is started again, and again if that fails, so that a dead database costs seconds and not the service.
 * Whoever was connected connects again by itself.
 */
export function keepRunning(first: number, startAgain: () => Promise<number>, log: Logger): Kept {
  let pid = first;
  let ending: Promise<void> | undefined;
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    if (isRunning(pid)) return;
    log.error({ pid }, 'the database server has gone and is started again');
    try {
      pid = await startAgain();
      log.warn({ pid }, 'the database server runs again');
    } catch (error) {
      log.error({ err: error }, 'the database server could not be started again; this is repeated');
    }
  }

  function lookLater(): void {
    if (ending !== undefined) return;
    timer = setTimeout(() => {
      looking = look();
      void looking.then(lookLater);
    }, LOOK_MS);
    timer.unref();
  }

  async function end(): Promise<void> {
    clearTimeout(timer);
    await looking;
    await endServer(pid);
  }

  lookLater();
  return {
    pid: () => pid,
    end: () => {
      ending ??= end();
      return ending;
    },
  };
}
