import { Worker } from 'node:worker_threads';
import type { Said, Task } from './thread.ts';

/** The heap a parser may use, enforced by the runtime: a thread beyond it is ended, and that is a crash. */
export const HEAP_MB = 256;
/** One input of at most 128 KiB that takes longer is a hang. */
export const HANG_MS = 10_000;

export interface Tried extends Said {
  readonly name: string;
  readonly inputs: number;
}

/**
 * Hands inputs number `from` up to before `from + inputs` to a target in a thread of its own, of bounded heap, and
 * prints `fuzz <name> inputs=<n> crashes=<n> peak_heap_mb=<x> slowest_ms=<x>`. A thread that does not come on within
 * `HANG_MS` is ended; that, and one that runs out of its heap, is told as broken by the input under way.
 */
export async function tryInputs(name: string, inputs: number, from = 0): Promise<Tried> {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const task: Task = { name, from, to: from + inputs, progress };
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: task,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const said = await new Promise<Said>(resolve => {
    const fail = (error: string): void => {
      const broken = { input: Atomics.load(progress, 0), error, bytes: '' };
      resolve({ peakHeapBytes: 0, slowestMs: 0, slowestInput: 0, broken });
    };
    let last = -1;
    const watch = setInterval(() => {
      const now = Atomics.load(progress, 0);
      if (now === last) fail(`no end within ${HANG_MS} ms`);
      last = now;
    }, HANG_MS);
    worker.once('message', (message: Said) => resolve(message));
    worker.once('error', error => fail(error.stack ?? error.message));
    worker.once('exit', code => fail(`the thread ended with ${code}`));
    worker.once('exit', () => clearInterval(watch));
  });
  await worker.terminate();
  const done = said.broken === null ? inputs : said.broken.input - from + 1;
  const figures = [
    `inputs=${done}`,
    `crashes=${said.broken === null ? 0 : 1}`,
    `peak_heap_mb=${(said.peakHeapBytes / 2 ** 20).toFixed(0)}`,
    `slowest_ms=${said.slowestMs.toFixed(0)}`,
  ];
  process.stdout.write(`fuzz ${name} ${figures.join(' ')}\n`);
  return { ...said, name, inputs: done };
}
