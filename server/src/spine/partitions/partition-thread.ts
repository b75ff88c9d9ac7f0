import { answerAsks } from '../../kernel/threads.ts';
import { Partition, type PartitionData } from './partition.ts';
import { type AnyCall, answerCall } from './seat.ts';

await answerAsks<PartitionData, AnyCall, unknown>(data => {
  const partition = new Partition(data);
  return call => answerCall(partition, call);
});
