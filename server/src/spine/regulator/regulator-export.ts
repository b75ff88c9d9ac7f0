import { isRefusal, Refusal } from '../../kernel/refusal.ts';
import { DAY_MS, rfc3339 } from '../../kernel/time.ts';
import { stage } from '../ledger/stage.ts';
import { type Attempt, recordRefused } from '../registry/recorded.ts';
import { zoneNamed } from '../rules/zone-time.ts';
import { type ArchiveMade, archive, type ExportFormat } from './archive.ts';
import { type ElementTable, elementsAt } from './element-table.ts';
import type { ExportHand, ExportTable, Period } from './export-table.ts';

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
  { shelf, suppliers }: RegulatorDoor,
  asked: ExportAsked,
): Promise<AsyncGenerator<Buffer>> {
  const attempt = attemptOf(hand, asked);
  try {
    const table = elementsAt(shelf, hand.clock.now());
    checkPeriod(asked.period, hand.clock.now());
    const zone = asked.zone ?? table.zone;
    if (zoneNamed(zone) === null)
      throw new Refusal<RegulatorExportCode>('export-zone-unknown', { subject: zone });
    const files = filesOf(table, asked.sets);
    const tables = new Map(suppliers.map(each => [each.name, each]));
    for (const { of } of files) await tables.get(of)?.before?.(hand, asked.period);
    await put(hand, { ...attempt, act: 'regulator-export-begun' });
    const { period, format } = asked;
    return watched(hand, attempt, done =>
      archive(hand, { table, files, tables, period, format, zone }, done),
    );
  } catch (thrown) {
    if (isRefusal(thrown)) await recordRefused(hand, attempt, thrown.code);
    throw thrown;
  }
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
    unmasked: unmasked === null ? null : { ...unmasked },
  };
  const object = `party/${actor.partyId}`;
  return { act: 'regulator-export', object, partyId: actor.partyId, actor: actor.label, detail };
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
  bytes: (done: (made: ArchiveMade) => Promise<void>) => AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  let isWhole = false;
  let code = 'stopped';
  try {
    yield* bytes(async ({ files, manifestSha256 }) => {
      const rows = Object.fromEntries(files.map(each => [each.name, each.rows]));
      await put(hand, { ...attempt, detail: { ...attempt.detail, manifestSha256, rows } });
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

async function put(hand: ExportHand, { act, object, partyId, actor, detail }: Attempt): Promise<void> {
  const atMs = hand.clock.now();
  await hand.database.door(partyId, tx =>
    stage(tx, { act, object, partyId, actor, atMs, detail: detail ?? {} }),
  );
}
