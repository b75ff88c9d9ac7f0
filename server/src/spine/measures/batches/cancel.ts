import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { sealText } from '../../../kernel/seal/store.ts';
import type { Hand } from '../../cases/work.ts';
import { stage } from '../../ledger/stage.ts';
import type { Batch, BatchCode } from './batch.ts';
import { notFound } from './order-batch.ts';
import { batchById, holdBatch, setCancelled } from './store.ts';

/**
 * Cancels a batch: from the commit on nothing more of it is ordered, and every member that nothing was done for says so.
 * What was ordered goes on; what waits for a second person is taken back by the background work at once. Cancelled
 * again, it changes nothing.
 *
 * Refuses `measure-batch-not-found`, and `measure-batch-over` for one that has ended.
 */
export async function cancelBatch(tx: Tx, batchId: number, reason: string, hand: Hand): Promise<Batch> {
  const batch = await holdBatch(tx, batchId, 'update');
  if (batch === undefined) throw notFound(batchId);
  if (batch.cancelledAtMs !== null) return batch;
  const object = `measure-batch/${batchId}`;
  if (batch.endState !== null) throw new Refusal<BatchCode>('measure-batch-over', { subject: object });
  const unordered = await setCancelled(tx, batchId, { reason, ...hand });
  const { partyId, kind } = batch;
  await stage(tx, {
    act: 'measure-batch-cancelled',
    object,
    partyId,
    ...hand,
    detail: {
      kind,
      unordered,
      reason: await sealText(tx, { partyId, object, name: 'cancel-reason', text: reason }),
    },
  });
  return (await batchById(tx, batchId)) as Batch;
}
