import type { Tx } from '../../kernel/database/transaction.ts';
import { HOUR_MS } from '../../kernel/time.ts';
import { writeAct } from '../cases/time-line.ts';
import type { Measure } from './measure.ts';
import { moveMeasure } from './move.ts';
import { providerById } from './providers/store.ts';
import { overdueMeasures, setDue } from './store.ts';
import { mayBecome } from './transitions.ts';

/**
 * Escalates what isn't effective or lifted by its last moment; the measures that were overdue.
 *
 * An order becomes `overdue` once, and may still become effective. A lifting stays what it is and escalates
 * again each time its term passes, for somebody's lawful use is cut off all the while.
 */
export async function markOverdue(tx: Tx, nowMs: number, limit = 200): Promise<readonly Measure[]> {
  const late = await overdueMeasures(
    tx,
    ['ordered', 'accepted', 'lift-ordered', 'lift-accepted'],
    nowMs,
    limit,
  );
  const hand = { actor: 'corridor', atMs: nowMs };
  for (const measure of late) {
    const { dueAtMs } = measure;
    const isOrder = mayBecome(measure.state, 'overdue');
    if (isOrder) await moveMeasure(tx, measure, 'overdue', hand, { dueAtMs });
    else await setDue(tx, measure.measureId, nowMs + (await termOf(tx, measure)));
    const detail = { measure: measure.measureId, reason: isOrder ? 'overdue' : 'lift-overdue', dueAtMs };
    await writeAct(tx, measure, { kind: 'measure-escalated', ...hand, detail });
  }
  return late;
}

async function termOf(tx: Tx, measure: Measure): Promise<number> {
  const provider = await providerById(tx, measure.providerId);
  return Math.max(provider?.settings.dueMs ?? 0, HOUR_MS);
}
