import type { Tx } from '../../kernel/database/transaction.ts';
import { clockRule, clocksMetBy, clocksStarting } from '../clocks/arm.ts';
import type { CaseEvent, ClockCatalogue, ClockRule } from '../clocks/clock.ts';
import { type CaseClock, endClock, openClocks, startClock } from '../clocks/store.ts';
import type { Case, CaseDesk, CaseRef } from './case.ts';
import { writeAct } from './time-line.ts';

/**
 * Tells a case's clocks that something happened: those it meets end, those it starts begin.
 *
 * A duty done after its last moment leaves the clock missed and is recorded with the delay (L-06). A clock
 * that is armed already is not moved (L-05).
 */
export async function tellClocks(
  tx: Tx,
  desk: CaseDesk,
  owner: Case,
  event: CaseEvent,
  atMs: number,
  actor: string,
  task: string | null = null,
): Promise<void> {
  await meetClocks(tx, desk, owner, { event, task }, atMs, actor);
  for (const armed of clocksStarting(desk.catalogues, event, owner.subjectKind, atMs, task)) {
    if (!(await startClock(tx, owner, armed, atMs))) continue;
    await writeAct(tx, owner, {
      kind: 'clock-armed',
      atMs,
      actor,
      detail: {
        clock: armed.rule.id,
        catalogue: armed.catalogue,
        event,
        dueAtMs: armed.dueAtMs,
        isBeyondCalendar: armed.isBeyondCalendar,
      },
    });
  }
}

/**
 * Marks a running clock past its last moment as missed, on the time line and in the ledger. The caller holds the case.
 * The clock's rule, null where the catalogue has it no more; undefined when the clock was met or marked meanwhile.
 */
export async function markMissedClock(
  tx: Tx,
  desk: CaseDesk,
  seen: CaseClock,
  nowMs: number,
): Promise<ClockRule | null | undefined> {
  const [clock] = await openClocks(tx, seen.caseId, [seen.clockId]);
  if (clock?.state !== 'running' || clock.dueAtMs >= nowMs) return undefined;
  await endClock(tx, clock, 'missed', null);
  await writeMissed(tx, desk.catalogues, clock, nowMs, 'corridor');
  return clockRule(desk.catalogues, clock.clockId);
}

async function meetClocks(
  tx: Tx,
  desk: CaseDesk,
  owner: CaseRef,
  { event, task }: { readonly event: CaseEvent; readonly task: string | null },
  atMs: number,
  actor: string,
): Promise<void> {
  for (const clock of await openClocks(tx, owner.caseId, clocksMetBy(desk.catalogues, event, task))) {
    const isLate = clock.state === 'missed' || clock.dueAtMs < atMs;
    if (isLate && clock.state === 'running') await writeMissed(tx, desk.catalogues, clock, atMs, actor);
    await endClock(tx, clock, isLate ? 'missed' : 'met', atMs);
    await writeAct(tx, owner, {
      kind: isLate ? 'clock-met-late' : 'clock-met',
      atMs,
      actor,
      detail: { clock: clock.clockId, event, ...(isLate ? { delayMs: atMs - clock.dueAtMs } : {}) },
    });
  }
}

/** A missed clock is held against the party whose duty it was; what has to follow stands beside it. */
async function writeMissed(
  tx: Tx,
  catalogues: readonly ClockCatalogue[],
  clock: CaseClock,
  atMs: number,
  actor: string,
): Promise<void> {
  const rule = clockRule(catalogues, clock.clockId);
  await writeAct(tx, clock, {
    kind: 'clock-missed',
    atMs,
    actor,
    detail: {
      clock: clock.clockId,
      catalogue: clock.catalogue,
      dueAtMs: clock.dueAtMs,
      duty: `party/${clock.partyId}`,
      onward: (rule?.onward ?? []).map(({ en, zh }) => ({ en, zh })),
    },
  });
}
