import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import type { Logger } from '../../../kernel/log.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { type Clock, DAY_MS, rfc3339 } from '../../../kernel/time.ts';
import { stage } from '../../ledger/stage.ts';
import { no, refuseUnlessPerson } from './codes.ts';
import * as store from './store.ts';

/** Who decides, and when. */
export interface Hand {
  readonly actor: string;
  readonly atMs: number;
}

/** How long a confirmed export waits to be taken. */
export const TAKE_WAIT_MS = DAY_MS;

/**
 * Confirms an export in the clear as the second person. One that shows more persons than a reader may see on a day is
 * confirmed only with `isBeyondDay`, said by the second person and on record. Both must hold their roles; the database
 * looks at that again. Two who decide at once come one after the other.
 *
 * Refuses `clear-export-needs-person`, `clear-export-not-found`, `clear-export-decided`, `clear-export-expired`,
 * `clear-export-from-later`, `clear-export-by-the-same`, `clear-export-needs-roles`, `clear-export-beyond-day`.
 */
export async function confirmClearExport(
  tx: Tx,
  clearExportId: number,
  said: { readonly isBeyondDay: boolean; readonly note: string },
  hand: Hand,
): Promise<store.ClearExport> {
  const found = await waiting(tx, clearExportId, hand);
  if (found.proposedBy === hand.actor) throw no('clear-export-by-the-same', clearExportId);
  if (hand.atMs < found.proposedAtMs) throw no('clear-export-from-later', clearExportId);
  if (!(await store.holdsRoles(tx, found.partyId, found.proposedBy, hand.actor)))
    throw no('clear-export-needs-roles', clearExportId);
  const { persons, most } = found;
  if (most !== null && persons > most && !said.isBeyondDay)
    throw no('clear-export-beyond-day', clearExportId, { persons, most });
  return decide(tx, found, { decision: 'confirmed', ...said, takeUntilMs: hand.atMs + TAKE_WAIT_MS }, hand);
}

/**
 * Says no to a proposal, or takes back one's own. Refuses `clear-export-needs-person`, `clear-export-not-found`,
 * `clear-export-decided`, `clear-export-expired`; taking back what another proposed is `clear-export-not-yours`.
 */
export async function endClearExport(
  tx: Tx,
  clearExportId: number,
  decision: 'refused' | 'withdrawn',
  note: string,
  hand: Hand,
): Promise<store.ClearExport> {
  const found = await waiting(tx, clearExportId, hand);
  if (decision === 'withdrawn' && found.proposedBy !== hand.actor)
    throw no('clear-export-not-yours', clearExportId);
  return decide(tx, found, { decision, note, isBeyondDay: false, takeUntilMs: null }, hand);
}

const PAGE = 200;

/** Writes down what nobody decided in time, each in a transaction of its own; in two processes, once. How many. */
export async function expireClearExports(doors: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<number> {
  const { database, clock, log } = doors;
  const over = await database.corridor(tx => store.expiredClearExports(tx, clock.now(), PAGE));
  let expired = 0;
  for (const found of over) {
    const said = { decision: 'expired', note: '', isBeyondDay: false, takeUntilMs: null } as const;
    try {
      await database.corridor(tx => decide(tx, found, said, { actor: 'corridor', atMs: clock.now() }));
      expired += 1;
    } catch (cause) {
      const error = isRefusal(cause) ? cause.code : cause instanceof Error ? cause.name : 'unknown';
      log.warn(
        { clearExport: found.clearExportId, error },
        'an export that ran out could not be written down',
      );
    }
  }
  return expired;
}

async function waiting(tx: Tx, clearExportId: number, hand: Hand): Promise<store.ClearExport> {
  refuseUnlessPerson(hand.actor);
  const found = await store.clearExportById(tx, clearExportId);
  if (found === undefined) throw no('clear-export-not-found', clearExportId);
  if (found.decision !== null) throw no('clear-export-decided', clearExportId);
  if (hand.atMs >= found.expiresAtMs) throw no('clear-export-expired', clearExportId);
  return found;
}

async function decide(
  tx: Tx,
  found: store.ClearExport,
  said: Pick<Parameters<typeof store.insertDecision>[2], 'decision' | 'note' | 'isBeyondDay' | 'takeUntilMs'>,
  hand: Hand,
): Promise<store.ClearExport> {
  const { clearExportId, partyId, proposedBy } = found;
  if (!(await store.insertDecision(tx, found, { ...said, ...hand })))
    throw no('clear-export-decided', clearExportId);
  const until = said.takeUntilMs === null ? {} : { takeUntil: rfc3339(said.takeUntilMs) };
  const beyond = said.decision === 'confirmed' ? { beyondDay: said.isBeyondDay, persons: found.persons } : {};
  const detail = { proposedBy, ...beyond, ...until };
  const object = `clear-export/${clearExportId}`;
  await stage(tx, { act: `clear-export-${said.decision}`, object, partyId, ...hand, detail });
  return (await store.clearExportById(tx, clearExportId)) as store.ClearExport;
}
