import type { Tx } from '../../kernel/database/transaction.ts';
import type { ModuleDoors } from '../../spine/module-route.ts';
import { ownCheckFormat, tellChecks } from '../../spine/own-checks.ts';
import { registerRows } from '../../spine/registry/register.ts';
import type { KindSchema } from '../../spine/rules/kind-schema.ts';
import { type AlarmRow, setAlarmsTold, untoldAlarms } from './looks/store.ts';

/** An account of somebody who works here, as a case can be about it: its number alone, no name. */
export const STAFF = 'staff-account';

export const STAFF_CHECK = 'staff-check';

/**
 * What the installation's own checks found of those who work with it. `what` is `bulk-read` for a reader who asked for
 * more persons than one may see on a day; `refused` counts the refusals of that day as a text, `most` what one may see.
 */
export const staffCheck: KindSchema = {
  kind: STAFF_CHECK,
  fields: { what: 'string', day: 'string', most: 'string', refused: 'string' },
  counters: [],
};

export const staffCheckFormat = ownCheckFormat(STAFF_CHECK);

const MOST_TOLD = 500;

/**
 * Puts alarms of bulk reading on the corridor, where a rule makes findings and a case of the staff account (L-25). Told
 * first and marked after: one that is told twice is the same observation, by reader, day and doubling.
 */
export async function tellAlarms({ database, intake, clock }: ModuleDoors): Promise<boolean> {
  const untold = await database.corridor(tx => untoldAlarms(tx, MOST_TOLD));
  for (const partyId of new Set(untold.map(each => each.partyId))) {
    const mine = untold.filter(each => each.partyId === partyId);
    await database.corridor(tx => nameAccounts(tx, partyId, mine, clock.now()));
    const checks = mine.map(({ reader, day, most, refused, raisedAtMs }) => ({
      id: `bulk-read/${reader}/${day}/${refused}`,
      claim: claimOf(reader),
      atMs: raisedAtMs,
      body: { what: 'bulk-read', day, most: String(most), refused: String(refused) },
    }));
    await tellChecks(intake, partyId, STAFF_CHECK, checks);
    const ids = mine.map(each => each.alarmId);
    await database.corridor(tx => setAlarmsTold(tx, ids, clock.now()));
  }
  return untold.length >= MOST_TOLD;
}

/** `person/<id>` as the looks name a reader. */
const idOf = (reader: string): string => reader.slice(reader.indexOf('/') + 1);
const claimOf = (reader: string): string => `staff:${idOf(reader)}`;

/** The accounts as subjects of the party; named again they are the ones there are. */
async function nameAccounts(
  tx: Tx,
  partyId: number,
  alarms: readonly AlarmRow[],
  atMs: number,
): Promise<void> {
  const readers = [...new Set(alarms.map(each => each.reader))];
  const rows = readers.map(reader => {
    const subject = { kind: STAFF, reference: idOf(reader) };
    const registrations = [
      { do: 'subject' as const, ...subject },
      { do: 'alias' as const, ...subject, claim: claimOf(reader) },
    ];
    return { place: reader, asks: { registrations } };
  });
  await registerRows(tx, partyId, rows, 'vault', atMs);
}
