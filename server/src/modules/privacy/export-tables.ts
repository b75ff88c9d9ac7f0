import type { ExportHand, ExportRow, ExportTable, Period } from '../../spine/regulator/export-table.ts';
import { PAGE_ROWS } from '../../spine/regulator/export-table.ts';
import { type PersonalDataRules, rulesAt } from './catalogue.ts';
import { lookAt, type Reader, refuseBeyondDay } from './looks.ts';
import { activePersonsWithin, personsWithin, type RegisteredRow } from './persons/store.ts';
import { personSeen } from './persons.ts';

/** Stands where the vault keeps something that is not told. */
const KEPT = '\u2022\u2022\u2022\u2022';

const STATES = [
  ...['party', 'holder', 'kind', 'registeredAt', 'name', 'contact', 'documentKind', 'documentNumber'],
  ...['documentExpiresOn', 'outcome', 'method', 'verifiedAt', 'verifiedTo', 'image'],
];

/**
 * Holders for the export to a supervising authority (C-54): what the vault keeps of them is masked, or each is looked
 * at, on record and within what one reader may see on a day (L-24, L-25). Images are told by their digests alone.
 */
export function holderTable(editions: readonly PersonalDataRules[]): ExportTable {
  return {
    name: 'holders',
    states: STATES,
    before: (hand, period) => refuseTooMany(editions, hand, period),
    persons: async ({ database, actor, clock }, period) => ({
      persons: await database.door(actor.partyId, tx => activePersonsWithin(tx, period)),
      most: rulesAt(editions, clock.now()).personsPerReaderDay,
    }),
    page: async (hand, period, after) => {
      const { database, actor } = hand;
      const found = await database.door(actor.partyId, tx => personsWithin(tx, period, after, PAGE_ROWS));
      const rows: ExportRow[] = [];
      for (const { id: _id, state: _state, document: _document, ...row } of found)
        rows.push({ ...row, ...(await toldOf(editions, hand, found[rows.length] as RegisteredRow)) });
      return { rows, next: found.length < PAGE_ROWS ? null : (found.at(-1)?.id ?? null) };
    },
  };
}

async function refuseTooMany(
  editions: readonly PersonalDataRules[],
  hand: ExportHand,
  period: Period,
): Promise<void> {
  if (hand.unmasked === null || hand.unmasked.isBeyondDay) return;
  const reader = readerOf(hand);
  const persons = await hand.database.door(reader.partyId, tx => activePersonsWithin(tx, period));
  await refuseBeyondDay(hand, editions, reader, persons);
}

async function toldOf(
  editions: readonly PersonalDataRules[],
  hand: ExportHand,
  row: RegisteredRow,
): Promise<ExportRow> {
  if (row.state !== 'active') return {};
  if (hand.unmasked === null) return { name: KEPT, contact: KEPT, documentNumber: KEPT };
  const { purpose: use, isBeyondDay } = hand.unmasked;
  const asked = { purpose: 'real-name', use, caseId: null, isBeyondDay } as const;
  const { values } = await lookAt(hand, editions, readerOf(hand), tx => personSeen(tx, row.holder), asked);
  const text = (field: string) => values.get(field)?.toString('utf8') ?? null;
  return {
    name: text('name'),
    contact: text('contact'),
    documentNumber: text(`document/${row.document}/number`),
  };
}

function readerOf({ actor, clock }: ExportHand): Reader {
  const { partyId, label, userId } = actor;
  return { partyId, actor: label, atMs: clock.now(), reader: `person/${userId}` };
}
