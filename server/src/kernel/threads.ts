import { parentPort, Worker, workerData } from 'node:worker_threads';
import { Refusal } from './refusal.ts';

export type ThreadCode = 'thread-lost' | 'thread-closed';

/** A thread that answers what it is asked, in the order it was asked. */
export interface Thread<Ask, Answer> {
  /**
   * Rejects with `thread-lost` when the thread dies before it has answered, whatever it dies of, and at once
   * when it is dead already; with `thread-closed` when it was closed. Buffers in `transfer` are given away.
   */
  ask(message: Ask, transfer?: readonly ArrayBuffer[]): Promise<Answer>;
  /** Ends the thread at once; what it was still asked is rejected. */
  close(): Promise<void>;
}

export interface ThreadOptions {
  /** Names the thread in errors. */
  readonly name: string;
  /** Handed to the thread when it opens; must be clonable. */
  readonly data: unknown;
  /** Bound of the thread's own heap, in MiB; typed arrays lie outside it. */
  readonly heapMiB?: number;
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Refusal<ThreadCode>) => void;
}

/** Starts a thread from a file that calls `answerAsks`. */
export function openThread<Ask, Answer>(entry: URL, options: ThreadOptions): Thread<Ask, Answer> {
  const { name, data, heapMiB } = options;
  const limits = heapMiB === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMiB } };
  const worker = new Worker(entry, { name, workerData: data, execArgv: [], ...limits });
  const waiting: Waiting<Answer>[] = [];
  let ended: Refusal<ThreadCode> | null = null;

  const end = (code: ThreadCode, cause: unknown): void => {
    ended ??= new Refusal<ThreadCode>(code, { subject: name, cause });
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  worker.on('message', (answer: Answer) => waiting.shift()?.resolve(answer));
  worker.on('messageerror', error => {
    end('thread-lost', error);
    void worker.terminate();
  });
  worker.on('error', error => end('thread-lost', error));
  worker.on('exit', code => end('thread-lost', new Error(`exit ${code}`)));

  return {
    ask(message, transfer = []) {
      if (ended !== null) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        worker.postMessage(message, [...transfer]);
        waiting.push({ resolve, reject });
      });
    },
    async close() {
      end('thread-closed', undefined);
      await worker.terminate();
    },
  };
}

/**
 * Run in a thread's own file: answers every ask by what `open` gives. An error that is thrown ends the thread,
 * for nobody knows what state it left.
 */
export async function answerAsks<Data, Ask, Answer>(
  open: (data: Data) => ((ask: Ask) => Answer) | Promise<(ask: Ask) => Answer>,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('a thread was opened as a program');
  const answer = await open(workerData as Data);
  port.on('message', (ask: Ask) => port.postMessage(answer(ask)));
}
