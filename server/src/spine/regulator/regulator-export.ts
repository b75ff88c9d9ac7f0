import type { Tx } from '../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import { DAY_MS, rfc3339 } from '../../kernel/time.ts';
import { stage } from '../ledger/stage.ts';
import { type Attempt, recordRefused } from '../registry/recorded.ts';
import { zoneNamed } from '../rules/zone-time.ts';
import { type ArchiveMade, archive, type ExportFormat } from './archive.ts';
import { type ElementTable, elementsAt } from './element-table.ts';
import type { ExportHand, ExportTable, Period, Unmasked } from './export-table.ts';

export type RegulatorExportCode = 'export-period-invalid' | 'export-set-unknown' | 'export-zone-unknown';

export interface ExportAsked {
  readonly period: Period;
  /** All of the table's where none is named. */
  readonly sets?: readonly string[] | undefined;
  readonly format: ExportFormat;
  /** That of the table where none is named. */
  readonly zone?: string | undefined;
}

/** What an export is made of: the tables of elements on the shelf, and who supplies the rows. */
export interface RegulatorDoor {
  readonly shelf: readonly ElementTable[];
  readonly suppliers: readonly ExportTable[];
}

/** What is written beside the ledger's entries that it began and that it was given out whole, in their transactions. */
export interface TakingNotes {
  began(tx: Tx): Promise<void>;
  given(tx: Tx, manifestSha256: string): Promise<void>;
}

const NO_NOTES: TakingNotes = { began: async () => {}, given: async () => {} };
const MOST_DAYS = 366;

/**
 * The data sets of a period for a supervising authority (C-54), as an archive that streams.
 *
 * What is refused is on record and refused before the first byte. That an export began — who, which period and sets,
 * for what purpose and on which ground where personal data leaves in the clear — is in the ledger before the first
 * byte as well, so that a kill between leaves an export on record that nobody has, never the other way round; that it
 * was given out whole, with the digest of its manifest, before its last. One that breaks off is on record as broken,
 * and what was received of it is no archive.
 * Refuses `export-period-invalid`, `export-set-unknown`, `export-zone-unknown`, and whatever a table refuses.
 */
export async function regulatorExport(
  hand: ExportHand,
  door: RegulatorDoor,
  asked: ExportAsked,
  notes: TakingNotes = NO_NOTES,
): Promise<AsyncGenerator<Buffer>> {
  const attempt = attemptOf(hand, asked);
  try {
    const { table, zone, files } = whatIsAsked(door, asked, hand.clock.now());
    const tables = new Map(door.suppliers.map(each => [each.name, each]));
    for (const { of } of files) await tables.get(of)?.before?.(hand, asked.period);
    await put(hand, { ...attempt, act: 'regulator-export-begun' }, tx => notes.began(tx));
    const { period, format } = asked;
    return watched(hand, attempt, notes, done =>
      archive(hand, { table, files, tables, period, format, zone }, done),
    );
  } catch (thrown) {
    if (isRefusal(thrown)) await recordRefused(hand, attempt, thrown.code);
    throw thrown;
  }
}

/** The table in force, the zone and the files of what is asked for. Refuses what an export is refused with. */
export function whatIsAsked({ shelf }: RegulatorDoor, asked: ExportAsked, nowMs: number) {
  const table = elementsAt(shelf, nowMs);
  checkPeriod(asked.period, nowMs);
  const zone = asked.zone ?? table.zone;
  if (zoneNamed(zone) === null)
    throw new Refusal<RegulatorExportCode>('export-zone-unknown', { subject: zone });
  return { table, zone, files: filesOf(table, asked.sets) };
}

/** Opens the door. Throws when an element is supplied by nobody: at the start, not when an authority waits. */
export function regulatorDoor(
  shelf: readonly ElementTable[],
  suppliers: readonly ExportTable[],
): RegulatorDoor {
  const states = new Map(suppliers.map(each => [each.name, new Set(each.states)]));
  const faults = shelf.flatMap(({ urn, files }) =>
    files.flatMap(file =>
      file.elements
        .filter(each => states.get(file.of)?.has(each.from) !== true)
        .map(each => `${urn}: ${file.id}.${each.id}`),
    ),
  );
  if (faults.length > 0) throw new Error(`nobody supplies ${faults.join(', ')}`);
  return { shelf, suppliers };
}

function attemptOf({ actor, unmasked }: ExportHand, { period, sets, format }: ExportAsked): Attempt {
  const detail = {
    from: rfc3339(period.fromMs),
    to: rfc3339(period.toMs),
    sets: sets === undefined ? 'all' : [...sets],
    format,
    unmasked: unmasked === null ? null : toldOf(unmasked),
  };
  const object = `party/${actor.partyId}`;
  return { act: 'regulator-export', object, partyId: actor.partyId, actor: actor.label, detail };
}

/** The file number is the authority's: the ledger is public and has it as a commitment alone, where it was proposed. */
function toldOf({ reference: _reference, clearExportId, ...told }: Unmasked) {
  return { ...told, clearExport: `clear-export/${clearExportId}` };
}

/** A period that is not over would be another one tomorrow. */
function checkPeriod({ fromMs, toMs }: Period, nowMs: number): void {
  if (fromMs >= toMs || toMs > nowMs || toMs - fromMs > MOST_DAYS * DAY_MS)
    throw new Refusal<RegulatorExportCode>('export-period-invalid', { detail: { mostDays: MOST_DAYS } });
}

function filesOf({ files }: ElementTable, sets: readonly string[] | undefined) {
  const unknown = sets?.find(set => !files.some(file => file.set === set));
  if (unknown !== undefined)
    throw new Refusal<RegulatorExportCode>('export-set-unknown', { subject: unknown });
  return files.filter(file => sets === undefined || sets.includes(file.set));
}

async function* watched(
  hand: ExportHand,
  attempt: Attempt,
  notes: TakingNotes,
  bytes: (done: (made: ArchiveMade) => Promise<void>) => AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  let isWhole = false;
  let code = 'stopped';
  try {
    yield* bytes(async ({ files, manifestSha256 }) => {
      const rows = Object.fromEntries(files.map(each => [each.name, each.rows]));
      const detail = { ...attempt.detail, manifestSha256, rows };
      await put(hand, { ...attempt, detail }, tx => notes.given(tx, manifestSha256));
      isWhole = true;
    });
  } catch (thrown) {
    code = isRefusal(thrown) ? thrown.code : 'failed';
    throw thrown;
  } finally {
    if (!isWhole)
      await put(hand, { ...attempt, act: 'regulator-export-broken', detail: { ...attempt.detail, code } });
  }
}

async function put(
  hand: ExportHand,
  { act, object, partyId, actor, detail }: Attempt,
  note: (tx: Tx) => Promise<void> = async () => {},
): Promise<void> {
  const atMs = hand.clock.now();
  await hand.database.door(partyId, async tx => {
    await note(tx);
    await stage(tx, { act, object, partyId, actor, atMs, detail: detail ?? {} });
  });
}
