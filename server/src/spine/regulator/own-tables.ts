import type { KindSchema } from '../rules/kind-schema.ts';
import * as views from '../views/export-rows.ts';
import { type ExportTable, queriedTable } from './export-table.ts';

/** Accept commits read at once: a few thousand records. */
const CHUNKS = 4;

/** What the spine itself supplies: what came in, what was found, what was done about it. */
export function ownTables(kinds: readonly KindSchema[]): readonly ExportTable[] {
  return [
    queriedTable(
      'registered',
      ['party', 'subject', 'kind', 'reference', 'class', 'contract', 'registeredAt'],
      views.registeredLog,
    ),
    records([...new Set(kinds.flatMap(kind => Object.keys(kind.fields)))]),
    queriedTable(
      'findings',
      [
        'party',
        'finding',
        'standing',
        'at',
        'rule',
        'ruleVersion',
        'kind',
        'card',
        'severity',
        'observedAt',
        'judgedAt',
        'historical',
        'case',
      ],
      views.findingLog,
    ),
    queriedTable(
      'cases',
      ['party', 'case', 'rule', 'kind', 'card', 'severity', 'state', 'openedAt', 'closedAt', 'findings'],
      views.caseLog,
    ),
    queriedTable(
      'measures',
      ['party', 'step', 'measure', 'measureKind', 'case', 'card', 'provider', 'from', 'to', 'at', 'dueAt'],
      views.measureLog,
    ),
    figures,
  ];
}

const RECORD = ['party', 'receivedAt', 'observedAt', 'timeMark', 'source', 'card', 'claim', 'digest'];

/** Records by the moment at which they came in: one that comes late is in the period it came in. */
function records(fields: readonly string[]): ExportTable {
  return {
    name: 'records',
    // A field of a record that is named like a column of ours would hide it.
    states: [...new Set([...RECORD, 'kind', ...fields])],
    page: async ({ database, actor }, period, after) =>
      database.door(actor.partyId, async tx => {
        const chunkIds = await views.chunksWithin(tx, period, after, CHUNKS);
        if (chunkIds.length === 0) return { rows: [], next: null };
        const found = await views.recordLog(tx, period, chunkIds);
        return {
          rows: found.map(({ body, ...row }) => ({ ...body, ...row })),
          next: chunkIds.at(-1) ?? null,
        };
      }),
  };
}

const figures: ExportTable = {
  name: 'figures',
  states: ['party', 'figure', 'value', 'unit'],
  page: async ({ database, actor }, period) => {
    const found = await database.door(actor.partyId, tx => views.figuresOf(tx, period));
    return { rows: found.map(row => ({ party: actor.partyId, ...row })), next: null };
  },
};
