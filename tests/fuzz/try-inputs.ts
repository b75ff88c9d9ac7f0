import { Worker } from 'node:worker_threads';
import type { Said, Task } from './thread.ts';

/** The heap a parser may use, enforced by the runtime: a thread beyond it is ended, and that is a crash. */
export const HEAP_MB = 256;
/** With the youngest objects and the buffers that hang on the heap; more is told as broken too. */
export const BOUND_MB = 384;
/** One input of at most 128 KiB that takes longer is a hang. */
export const HANG_MS = 20_000;
/** What a thread may take to load what it tries, before its first input. */
const LOAD_MS = 180_000;
/** So many inputs are worth a thread of their own, whose heap holds nothing of parsers tried before. */
const WORTH_A_THREAD = 10_000;

export interface Tried extends Said {
  readonly name: string;
  readonly inputs: number;
}

let idle: Worker | null = null;

/**
 * Hands inputs number `from` up to before `from + inputs` to a target in a thread of bounded heap, and prints
 * `fuzz <name> inputs=<n> crashes=<n> peak_heap_mb=<x> bound_mb=<x> slowest_ms=<x>`. A thread that does not come on within
 * `HANG_MS` is ended; that, and one that runs out of its heap, is told as broken by the input under way.
 */
export async function tryInputs(name: string, inputs: number, from = 0): Promise<Tried> {
  const isOwn = inputs >= WORTH_A_THREAD;
  const worker = (isOwn ? null : idle) ?? newThread();
  idle = null;
  const said = await told(worker, { name, from, to: from + inputs });
  if (isOwn || said.broken !== null) await worker.terminate();
  else idle = worker;
  const done = said.broken === null ? inputs : said.broken.input - from + 1;
  const figures = [
    `inputs=${done}`,
    `crashes=${said.broken === null ? 0 : 1}`,
    `peak_heap_mb=${(said.peakHeapBytes / 2 ** 20).toFixed(0)}`,
    `bound_mb=${BOUND_MB}`,
    `slowest_ms=${said.slowestMs.toFixed(0)}`,
  ];
  process.stdout.write(`fuzz ${name} ${figures.join(' ')}\n`);
  const isBeyond = said.broken === null && said.peakHeapBytes > BOUND_MB * 2 ** 20;
  const broken = isBeyond ? { input: done, error: `held more than ${BOUND_MB} MB`, bytes: '' } : said.broken;
  return { ...said, broken, name, inputs: done };
}

function newThread(): Worker {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    execArgv: ['--no-warnings'],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  worker.unref();
  return worker;
}

async function told(worker: Worker, task: Omit<Task, 'progress'>): Promise<Said> {
  const progress = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  const begunMs = performance.now();
  const stop = new AbortController();
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Said>(resolve => {
      const fail = (error: string): void => {
        const broken = { input: Atomics.load(progress, 0), error, bytes: '' };
        resolve({ peakHeapBytes: 0, slowestMs: 0, slowestInput: 0, broken });
      };
      let last = -1;
      watch = setInterval(() => {
        const now = Atomics.load(progress, 0);
        const isLoading = now === -1 && performance.now() - begunMs < LOAD_MS;
        if (now === last && !isLoading) fail(`no end within ${HANG_MS} ms`);
        last = now;
      }, HANG_MS);
      const onMessage = (message: Said): void => resolve(message);
      const onError = (error: Error): void => fail(error.stack ?? error.message);
      const onExit = (code: number): void => fail(`the thread ended with ${code}`);
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      stop.signal.addEventListener('abort', () => {
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      });
      worker.postMessage({ ...task, progress });
    });
  } finally {
    clearInterval(watch);
    stop.abort();
  }
}
