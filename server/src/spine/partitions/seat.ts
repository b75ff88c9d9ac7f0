import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import { openThread } from '../../kernel/threads.ts';
import { Partition, type PartitionData } from './partition.ts';

export type PartitionCode = 'partition-lost' | 'partition-closed' | 'rule-refused';

export type Call =
  | 'arm'
  | 'disarm'
  | 'judge'
  | 'tick'
  | 'replace'
  | 'judgedToMs'
  | 'freeze'
  | 'freezeFieldKeys'
  | 'image'
  | 'load'
  | 'tallies'
  | 'sizeBytes';
export type Given<C extends Call> = Parameters<Partition[C]>[0];
export type Answered<C extends Call> = ReturnType<Partition[C]>;

/** A call of a partition, as data. */
export interface AnyCall {
  readonly call: Call;
  readonly given: unknown;
}

/** Where a partition sits: here, or in a thread of its own. Calls are answered in their order. */
export interface Seat {
  /** Rejects with `partition-lost` from the moment the partition failed. */
  ask<C extends Call>(call: C, given: Given<C>, transfer?: readonly ArrayBuffer[]): Promise<Answered<C>>;
  close(): Promise<void>;
}

export function answerCall(partition: Partition, { call, given }: AnyCall): unknown {
  return (partition[call] as (given: unknown) => unknown)(given);
}

export function seatInThread(name: string, data: PartitionData, heapMiB?: number): Seat {
  const entry = new URL('./partition-thread.ts', import.meta.url);
  const options = heapMiB === undefined ? { name, data } : { name, data, heapMiB };
  const thread = openThread<AnyCall, unknown>(entry, options);
  return {
    async ask<C extends Call>(call: C, given: Given<C>, transfer?: readonly ArrayBuffer[]) {
      try {
        return (await thread.ask({ call, given }, transfer)) as Answered<C>;
      } catch (error) {
        throw named(name, error);
      }
    },
    close: () => thread.close(),
  };
}

/** A partition in this thread, which fails as one in a thread of its own does. */
export function seatHere(name: string, data: PartitionData): Seat {
  const partition = new Partition(data);
  let ended: Refusal<PartitionCode> | null = null;
  return {
    async ask<C extends Call>(call: C, given: Given<C>) {
      if (ended !== null) throw ended;
      try {
        return answerCall(partition, { call, given }) as Answered<C>;
      } catch (error) {
        ended = new Refusal('partition-lost', { subject: name, cause: error });
        throw ended;
      }
    },
    async close() {
      ended ??= new Refusal('partition-closed', { subject: name });
    },
  };
}

function named(name: string, error: unknown): unknown {
  if (!isRefusal(error)) return error;
  const code = error.code === 'thread-closed' ? 'partition-closed' : 'partition-lost';
  return new Refusal<PartitionCode>(code, { subject: name, cause: error.cause });
}
