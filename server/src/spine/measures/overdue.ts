import type { Tx } from '../../kernel/database/transaction.ts';
import { HOUR_MS } from '../../kernel/time.ts';
import { writeAct } from '../cases/time-line.ts';
import { takeCase } from '../cases/work.ts';
import { climbPast } from './ladder/climb.ts';
import type { Measure, MeasureState } from './measure.ts';
import { moveMeasure } from './move.ts';
import type { MeasureWorks } from './ports.ts';
import { providerById } from './providers/store.ts';
import { lockMeasure, overdueMeasures, setDue } from './store.ts';
import { mayBecome } from './transitions.ts';

const DUE: readonly MeasureState[] = ['ordered', 'accepted', 'lift-ordered', 'lift-accepted'];

/**
 * Escalates what isn't effective or lifted by its last moment; the measures that were overdue. Each in a transaction
 * of its own, the case first, so that nobody waits for a case while a measure is held.
 *
 * An order becomes `overdue` once, may still become effective, and its case goes on to the next rung of its ladder
 * (C-40). A lifting stays what it is and escalates again each time its term passes, for somebody's lawful use is cut
 * off all the while.
 */
export async function markOverdue(works: MeasureWorks, limit = 200): Promise<readonly Measure[]> {
  const { database, clock } = works;
  const nowMs = clock.now();
  const due = await database.corridor(tx => overdueMeasures(tx, DUE, nowMs, limit));
  const late: Measure[] = [];
  for (const measure of due) {
    if (await database.corridor(tx => markOne(tx, works, measure, nowMs))) late.push(measure);
  }
  return late;
}

async function markOne(tx: Tx, works: MeasureWorks, seen: Measure, nowMs: number): Promise<boolean> {
  const found = await takeCase(tx, seen.caseId);
  const measure = await lockMeasure(tx, seen.measureId);
  if (measure === undefined || !DUE.includes(measure.state) || measure.dueAtMs >= nowMs) return false;
  const { dueAtMs, measureId } = measure;
  const hand = { actor: 'corridor', atMs: nowMs };
  const isOrder = mayBecome(measure.state, 'overdue');
  if (isOrder) await moveMeasure(tx, measure, 'overdue', hand, { dueAtMs });
  else await setDue(tx, measureId, nowMs + (await termOf(tx, measure)));
  const detail = { measure: measureId, reason: isOrder ? 'overdue' : 'lift-overdue', dueAtMs };
  await writeAct(tx, measure, { kind: 'measure-escalated', ...hand, detail });
  if (isOrder) await climbPast(tx, works, found, measure, 'overdue', hand);
  return true;
}

async function termOf(tx: Tx, measure: Measure): Promise<number> {
  const provider = await providerById(tx, measure.providerId);
  return Math.max(provider?.settings.dueMs ?? 0, HOUR_MS);
}
