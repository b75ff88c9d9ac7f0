import { isRefusal } from '../../../kernel/refusal.ts';
import { recordRefused } from '../../registry/recorded.ts';
import type { ExportHand, Unmasked } from '../export-table.ts';
import {
  type ExportAsked,
  type RegulatorDoor,
  regulatorExport,
  type TakingNotes,
} from '../regulator-export.ts';
import { no, refuseUnlessPerson } from './codes.ts';
import * as store from './store.ts';

/**
 * Takes an export in the clear that another person confirmed: whoever proposed it, before its time is over, and once.
 * It is not taken before it is on record that it began, and its last byte leaves after it is on record that it was
 * given out; what broke off before may be taken again. Persons are looked at by whoever takes it, within what one
 * reader may see on a day unless the second person let it go beyond.
 *
 * Refuses `clear-export-needs-person`, `clear-export-not-found`, `clear-export-not-yours`,
 * `clear-export-not-confirmed`, `clear-export-expired`, `clear-export-from-later`, `clear-export-given`, `clear-export-needs-roles` when one of
 * the two lost their role, and what an export is refused with.
 */
export async function takeClearExport(
  hand: Omit<ExportHand, 'unmasked'>,
  door: RegulatorDoor,
  clearExportId: number,
): Promise<AsyncGenerator<Buffer>> {
  const { partyId, label } = hand.actor;
  const attempt = {
    act: 'clear-export-taken',
    object: `clear-export/${clearExportId}`,
    partyId,
    actor: label,
  };
  const taken = await mayTake(hand, clearExportId).catch(async thrown => {
    if (isRefusal(thrown)) await recordRefused(hand, attempt, thrown.code);
    throw thrown;
  });
  // The rows are those of the party it was proposed for, whoever above it asks.
  const actor = { ...hand.actor, partyId: taken.found.partyId };
  return regulatorExport(
    { ...hand, actor, unmasked: taken.unmasked },
    door,
    askedOf(taken.found),
    notesOf(hand, taken.found),
  );
}

async function mayTake(
  { database, actor, clock }: Omit<ExportHand, 'unmasked'>,
  clearExportId: number,
): Promise<{ readonly found: store.ClearExport; readonly unmasked: Unmasked }> {
  refuseUnlessPerson(actor.label);
  return database.door(actor.partyId, async tx => {
    const found = await store.clearExportById(tx, clearExportId);
    if (found === undefined) throw no('clear-export-not-found', clearExportId);
    const { proposedBy, decidedBy, purpose, ground, reference } = found;
    if (proposedBy !== actor.label) throw no('clear-export-not-yours', clearExportId);
    if (found.decision !== 'confirmed' || decidedBy === null)
      throw no('clear-export-not-confirmed', clearExportId);
    if (found.givenAtMs !== null) throw no('clear-export-given', clearExportId);
    // A clock that was set back makes nothing young again.
    if (clock.now() < (found.decidedAtMs ?? 0)) throw no('clear-export-from-later', clearExportId);
    if (clock.now() >= (found.takeUntilMs ?? 0)) throw no('clear-export-expired', clearExportId);
    if (!(await store.holdsRoles(tx, found.partyId, proposedBy, decidedBy)))
      throw no('clear-export-needs-roles', clearExportId);
    const isBeyondDay = found.isBeyondDay === true;
    const who = { clearExportId, proposedBy, confirmedBy: decidedBy };
    return { found, unmasked: { purpose, ground, reference, ...who, isBeyondDay } };
  });
}

function askedOf({ fromMs, toMs, sets, format, zone }: store.ClearExport): ExportAsked {
  return { period: { fromMs, toMs }, sets: sets ?? undefined, format, zone: zone ?? undefined };
}

function notesOf({ actor, clock }: Omit<ExportHand, 'unmasked'>, found: store.ClearExport): TakingNotes {
  let takeId = 0;
  return {
    began: async tx => {
      takeId = await store.insertTake(tx, found, actor.label, clock.now());
    },
    given: async (tx, manifestSha256) => {
      const isFirst = await store.insertGiven(tx, found, { takeId, manifestSha256, atMs: clock.now() });
      if (!isFirst) throw no('clear-export-given', found.clearExportId);
    },
  };
}
