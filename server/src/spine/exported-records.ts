import type { Database, Tx } from '../kernel/database/transaction.ts';
import { Refusal } from '../kernel/refusal.ts';
import { type Contribution, worldOf } from './contribution.ts';
import { RECORD_COLUMNS, type RecordCell, recordCells } from './observations/record-table.ts';
import {
  chunksOfSource,
  history,
  recordsOf,
  type StoredObservation,
  sourceById,
} from './observations/store.ts';
import { type Dossier, loadDossiers, names } from './registry/dossier.ts';
import type { Stretch } from './usage.ts';

/** Chunks read at once: a few thousand records. */
const CHUNKS = 4;

/** Whose records are asked for: those of a subject or those of a source. */
export type RecordsOf = { readonly subjectId: number } | { readonly sourceId: number };

/**
 * The records of a subject, in the order of judging, or of a source, in the order in which they were accepted, as rows
 * of the table of records; the first row names the columns. What a party may not see is not there.
 *
 * Refuses `subject-unknown` and `source-unknown` before the first row.
 */
export async function exportedRecords(
  database: Database,
  contributions: readonly Contribution[],
  partyId: number,
  whose: RecordsOf,
  stretch: Stretch,
): Promise<AsyncGenerator<readonly RecordCell[]>> {
  const { kinds } = worldOf(contributions);
  const fields = [...new Set(kinds.flatMap(kind => Object.keys(kind.fields)))];
  const door = <T>(act: (tx: Tx) => Promise<T>): Promise<T> => database.door(partyId, act);
  const pages =
    'subjectId' in whose
      ? await pagesOfSubject(door, whose.subjectId, stretch)
      : await pagesOfSource(door, whose.sourceId, stretch);
  return rows(pages, fields);
}

type Door = <T>(act: (tx: Tx) => Promise<T>) => Promise<T>;

interface Page {
  readonly records: readonly StoredObservation[];
  readonly dossiers: readonly Dossier[];
  readonly sources: ReadonlyMap<number, string>;
}

async function* rows(
  pages: AsyncIterable<Page>,
  fields: readonly string[],
): AsyncGenerator<readonly RecordCell[]> {
  yield [...RECORD_COLUMNS, ...fields];
  for await (const { records, dossiers, sources } of pages) {
    const byClaim = dossiersByClaim(dossiers);
    for (const record of records) {
      const subject = byClaim.get(record.claim)?.find(dossier => names(dossier, record));
      yield recordCells(record, fields, {
        source: sources.get(record.sourceId) ?? '',
        subject: subject === undefined ? '' : `${subject.kind}:${subject.reference}`,
      });
    }
  }
}

/** A claim may have named one subject after another. */
function dossiersByClaim(dossiers: readonly Dossier[]): Map<string, Dossier[]> {
  const found = new Map<string, Dossier[]>();
  for (const dossier of dossiers)
    for (const claim of new Set(dossier.aliases.map(alias => alias.claim)))
      found.set(claim, [...(found.get(claim) ?? []), dossier]);
  return found;
}

async function pagesOfSubject(
  door: Door,
  subjectId: number,
  stretch: Stretch,
): Promise<AsyncGenerator<Page>> {
  const page = await door(async tx => {
    const [dossier] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
    if (dossier === undefined) throw new Refusal('subject-unknown', { subject: `subject/${subjectId}` });
    const all = await history(tx, dossier.aliases, dossier.ancestors, stretch.fromMs);
    const records = within(all, stretch);
    return { records, dossiers: [dossier], sources: await sourcesOf(tx, records) };
  });
  return (async function* () {
    yield page;
  })();
}

async function pagesOfSource(door: Door, sourceId: number, stretch: Stretch): Promise<AsyncGenerator<Page>> {
  const source = await door(tx => sourceById(tx, sourceId));
  if (source === undefined) throw new Refusal('source-unknown', { subject: `source/${sourceId}` });
  const sources = new Map([[sourceId, source.name]]);
  return (async function* () {
    for (let after = 0; ; ) {
      const chunkIds = await door(tx => chunksOfSource(tx, sourceId, after, CHUNKS));
      if (chunkIds.length === 0) return;
      yield await door(async tx => {
        const records = within(await recordsOf(tx, chunkIds), stretch);
        const claims = [...new Set(records.map(record => record.claim))];
        return { records, dossiers: await loadDossiers(tx, { claims, subjectIds: [] }), sources };
      });
      after = chunkIds.at(-1) as number;
    }
  })();
}

async function sourcesOf(tx: Tx, records: readonly StoredObservation[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const { sourceId } of records)
    if (!found.has(sourceId)) found.set(sourceId, (await sourceById(tx, sourceId))?.name ?? '');
  return found;
}

function within(records: readonly StoredObservation[], { fromMs, toMs }: Stretch): StoredObservation[] {
  return records.filter(record => record.observedAtMs >= fromMs && record.observedAtMs < toMs);
}
