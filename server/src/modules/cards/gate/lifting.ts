import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { GATE_CODES, type GateCode } from './gate-code.ts';
import { activityFault } from './store.ts';

/**
 * Why a card may not come back into use by the lifting of a measure, now and by the database's clock; null when it
 * may (C-01, L-52). While the caller's transaction lasts nothing changes that. A card that was never taken into
 * stock has no gate before it.
 */
export async function whyNotInUse(tx: Tx, cardId: number): Promise<Refusal<GateCode> | null> {
  const fault = await activityFault(tx, cardId);
  if (fault === null) return null;
  const code = GATE_CODES.find(each => each === fault) ?? 'move-not-allowed';
  return new Refusal<GateCode>(code, { subject: `subject/${cardId}` });
}
