import { sql } from 'kysely';
import type { TestDatabase } from '../../../../kernel/database/test-database.ts';
import type { Database } from '../../../../kernel/database/transaction.ts';
import { HOUR_MS, settableClock } from '../../../../kernel/time.ts';
import type { Format, Registration, Terms } from '../../../../spine/contribution.ts';
import { takeIn } from '../../../../spine/observations/intake.ts';
import { linkStored } from '../../../../spine/observations/links/store.ts';
import type { Body } from '../../../../spine/observations/observation.ts';
import { plainProfile } from '../../../../spine/observations/source-profile.ts';
import { addSource } from '../../../../spine/observations/store.ts';
import { makeParty } from '../../../../spine/observations/testing/make-party.ts';
import { loadDossiers } from '../../../../spine/registry/dossier.ts';
import { registerRows } from '../../../../spine/registry/register.ts';
import { CARD_CHECK, cardCheckFormat } from '../../checks/card-check.ts';
import { CARD, named } from '../../imports/registration.ts';
import { CARD_USAGE } from '../../model.ts';
import { boundAt } from '../../restrictions.ts';
import type { DuplicateDoors } from '../sweep.ts';

/** The morning of the day that records of a scene tell hours of. */
export const DAY_MS = Date.UTC(2026, 10, 20);
export const NOW_MS = DAY_MS + 48 * HOUR_MS;

export const TAC = '35752007';

/** One record of two hours under an IMEI, told at its end: of the card with this number, in its own cell unless told. */
export interface BoardRecord {
  readonly card: number;
  readonly hour: number;
  readonly more?: object;
}

/** Lines of JSON `{claim, atMs, body}`. */
const LINES: Format = {
  name: 'board-lines',
  yields: CARD_USAGE,
  isText: true,
  checkProfile: () => [],
  async *read(bytes) {
    let text = '';
    for await (const part of bytes) text += Buffer.from(part).toString('utf8');
    for (const [i, line] of text.trimEnd().split('\n').entries()) {
      const { claim, atMs, body } = JSON.parse(line) as { claim: string; atMs: number; body: Body };
      const reading = { kind: CARD_USAGE, claim, observedAtMs: atMs, timeMark: 'stated', body } as const;
      yield { recordNo: i + 1, raw: Buffer.from(line), outcome: { reading } };
    }
    return { flags: [], facts: {} };
  },
};

export interface BoardScene {
  readonly partyId: number;
  readonly doors: (database?: Database) => DuplicateDoors;
  /** An IMEI that no other scene has. */
  readonly imei: string;
  /** The ICCID of a card of the scene. */
  readonly iccid: (card: number) => string;
  register(registrations: readonly Registration[]): Promise<void>;
  /** Takes records in and links them, as judging does. */
  feed(records: readonly BoardRecord[]): Promise<void>;
  /** What was told: the claim and the body of each check, by moment. */
  told(): Promise<{ claim: string; body: Record<string, string> }[]>;
  boundOf(card: number, atMs?: number): Promise<Terms>;
  readonly clock: ReturnType<typeof settableClock>;
}

/** A party with six cards of one class, whose ICCIDs nobody else has. */
export async function boardScene(db: TestDatabase, no: number): Promise<BoardScene> {
  const { database } = db;
  const partyId = await makeParty(database);
  const clock = settableClock(NOW_MS);
  const formats = new Map([LINES, cardCheckFormat].map(format => [format.name, format] as const));
  const doors = (over: Database = database): DuplicateDoors => {
    const intake = { database: over, clock, formats, leafFor: (ms: number) => db.leafFor(ms) };
    return { database: over, clock, intake };
  };
  const iccid = (card: number): string =>
    `898600${String(no).padStart(6, '0')}${String(card).padStart(7, '0')}`;
  const asked = { partyId, name: 'boards', format: LINES.name, profile: plainProfile, atMs: NOW_MS };
  const sourceId = await database.door(partyId, tx => addSource(tx, asked));
  const imei = `${TAC}${String(no).padStart(6, '0')}`;
  let fed = 0;
  const register = async (registrations: readonly Registration[]): Promise<void> => {
    fed += 1;
    const rows = [{ place: '1', asks: { registrations } }];
    await database.door(partyId, tx => registerRows(tx, partyId, rows, `scene/${no}/${fed}`, NOW_MS));
  };
  const cards = [1, 2, 3, 4, 5, 6].map(card => ({ kind: CARD, reference: iccid(card) }));
  await register(
    cards.flatMap((card): Registration[] => [
      { do: 'subject', ...card, class: 'metering' },
      named(card, `iccid:${card.reference}`, {}),
    ]),
  );
  return {
    ...{ partyId, imei, doors, iccid, register, clock },
    feed: async records => {
      fed += 1;
      const lines = records.map(({ card, hour, more = {} }) => {
        const usual = { event: 'stop', durationSeconds: 7_200, cell: `${card}-1`, plmn: '46000', imei };
        const line = {
          claim: `iccid:${iccid(card)}`,
          atMs: Math.round(DAY_MS + hour * HOUR_MS),
          body: { ...usual, ...more },
        };
        return `${JSON.stringify(line)}\n`;
      });
      const bytes = (async function* () {
        yield Buffer.from(lines.join(''));
      })();
      await takeIn(doors().intake, { partyId, label: 'person/1' }, sourceId, `file ${fed}`, bytes);
      await sql`delete from linked_field`.execute(db.owner);
      await sql`delete from observed_link`.execute(db.owner);
      await database.corridor(tx => linkStored(tx, { kind: CARD_USAGE, field: 'imei' }));
    },
    told: async () => {
      const { rows } = await sql<{
        claim: string;
        body: Record<string, string>;
      }>`select claim, body from observation
        where party_id = ${partyId} and kind = ${CARD_CHECK} order by observed_at, body->>'what', claim`.execute(
        db.owner,
      );
      return rows;
    },
    boundOf: async (card, atMs = NOW_MS) => {
      const claims = [`iccid:${iccid(card)}`];
      const [dossier] = await database.corridor(tx => loadDossiers(tx, { claims, subjectIds: [] }));
      return boundAt(dossier?.facts ?? [], atMs);
    },
  };
}
