import { markMissedClocks } from './ladder/tasks.ts';
import { sendLetters } from './outbox/send.ts';
import { markOverdue } from './overdue.ts';
import type { MeasureWorks } from './ports.ts';
import { expireProposals } from './two-persons/decide.ts';
import { watchMeasures } from './watch.ts';

/** What one round of the station's background work did. */
export interface Round {
  readonly sent: number;
  readonly moved: number;
  readonly overdue: number;
  readonly missedClocks: number;
}

/**
 * One round: letters leave, providers are asked, what is late escalates, missed clocks are written. Each part
 * commits by itself and may run twice, also in two processes; a round cut off anywhere is made good by the next.
 */
export async function runMeasureRound(works: MeasureWorks): Promise<Round> {
  const sent = await sendLetters(works);
  return { sent, ...(await runWatchRound(works)) };
}

/** The round without sending, for whom letters leave by themselves. */
export async function runWatchRound(works: MeasureWorks): Promise<Omit<Round, 'sent'>> {
  const moved = await watchMeasures(works);
  const late = await markOverdue(works);
  for (const measure of late) works.changed(measure);
  await expireProposals(works);
  const missedClocks = await markMissedClocks(works);
  return { moved, overdue: late.length, missedClocks };
}
