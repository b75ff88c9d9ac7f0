import { getHeapStatistics } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { draws } from '../../server/src/modules/cards/formats/csv-fuzz.ts';
import { TARGETS } from './targets.ts';

/** What a thread is told: which target, and the numbers of the inputs it makes and tries, `from` up to before `to`. */
export interface Task {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Two words all see: the number of the input under way, and whether one is. */
  readonly progress: Int32Array;
}

/** What a thread says when it is done, or at the first input that broke a promise. */
export interface Said {
  readonly peakHeapBytes: number;
  readonly slowestMs: number;
  readonly slowestInput: number;
  readonly broken: { readonly input: number; readonly error: string; readonly bytes: string } | null;
}

const SAMPLE_EVERY = 16;

parentPort?.on('message', async (task: Task) => parentPort?.postMessage(await tried(task)));

async function tried({ name, from, to, progress }: Task): Promise<Said> {
  const target = TARGETS.find(each => each.name === name);
  if (target === undefined) throw new Error(`no target ${name}`);
  let peakHeapBytes = 0;
  let slowestMs = 0;
  let slowestInput = 0;
  for (let number = from; number < to; number++) {
    Atomics.store(progress, 0, number);
    const input = target.input(draws(number + 1));
    const began = performance.now();
    try {
      await target.check(input);
    } catch (error) {
      const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const broken = { input: number, error: told, bytes: shown(input) };
      return { peakHeapBytes, slowestMs, slowestInput, broken };
    }
    const tookMs = performance.now() - began;
    if (tookMs > slowestMs) [slowestMs, slowestInput] = [tookMs, number];
    if (number % SAMPLE_EVERY === 0) peakHeapBytes = Math.max(peakHeapBytes, heapBytes());
  }
  return { peakHeapBytes, slowestMs, slowestInput, broken: null };
}

/** This thread's own heap with the buffers that hang on it. */
function heapBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

function shown(input: unknown): string {
  if (input instanceof Uint8Array) return Buffer.from(input).toString('latin1').slice(0, 4_000);
  return JSON.stringify(input, (_key, value: unknown) =>
    value instanceof Uint8Array ? `latin1:${Buffer.from(value).toString('latin1')}` : value,
  ).slice(0, 4_000);
}
