import type { Tx } from '../../kernel/database/transaction.ts';
import {
  type ExportRow,
  type ExportTable,
  type Period,
  queriedTable,
} from '../../spine/regulator/export-table.ts';
import { subjectsNumbered } from '../../spine/views/named-subjects.ts';
import { movesWithin } from './gate/store.ts';
import { assessmentsWithin } from './risk/store.ts';

type Row = ExportRow & { readonly id: number };
type Query = (tx: Tx, period: Period, afterId: number, limit: number) => Promise<Row[]>;

/** Rows whose `fields` are numbers of subjects, with the references in their place. */
function named(query: Query, fields: readonly string[]): Query {
  return async (tx, period, afterId, limit) => {
    const rows = await query(tx, period, afterId, limit);
    const ids = rows.flatMap(row => fields.map(field => row[field]).filter(id => typeof id === 'number'));
    const all = await subjectsNumbered(tx, [...new Set(ids)]);
    const names = new Map(all.map(each => [each.subjectId, each.reference]));
    const told = (row: Row) => fields.map(field => [field, names.get(Number(row[field])) ?? null] as const);
    return rows.map(row => ({ ...row, ...Object.fromEntries(told(row)) }));
  };
}

/** What the room of cards supplies to the export to a supervising authority (C-54). */
export const cardTables: readonly ExportTable[] = [
  queriedTable(
    'openings',
    [
      ...['party', 'move', 'at', 'card', 'act', 'from', 'to', 'holder', 'seller'],
      ...['industryClass', 'scenario', 'deviceType', 'channel'],
    ],
    named(movesWithin, ['card', 'holder', 'seller']),
  ),
  queriedTable(
    'risks',
    [
      ...['party', 'assessment', 'at', 'of', 'subject', 'nativeScore', 'nativeLevel', 'dynamicScore'],
      ...['dynamicLevel', 'passed', 'validTo'],
    ],
    named(assessmentsWithin, ['subject']),
  ),
];
