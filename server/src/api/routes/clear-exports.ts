import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { instant, rfc3339 } from '../../kernel/time.ts';
import type { ExportHand } from '../../spine/regulator/export-table.ts';
import { no } from '../../spine/regulator/in-the-clear/codes.ts';
import { confirmClearExport, endClearExport } from '../../spine/regulator/in-the-clear/decide.ts';
import {
  type ClearExport,
  clearExportById,
  listClearExports,
} from '../../spine/regulator/in-the-clear/proposals.ts';
import { proposeClearExport } from '../../spine/regulator/in-the-clear/propose.ts';
import { takeClearExport } from '../../spine/regulator/in-the-clear/take.ts';
import { type Actor, type App, type Doors, need } from '../app.ts';
import { Numeral } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';
import { tried } from '../tried.ts';
import { EXPORT_FIELDS, Ground, PurposeOf, sendArchive } from './regulator-exports.ts';

const tags = ['registry'];
const closed = { additionalProperties: false };
const Id = Type.Object({ id: Numeral });
const Query = Type.Object({ ...pageQuery, waiting: Type.Optional(Type.Boolean()) });
const Propose = Type.Object(
  {
    ...EXPORT_FIELDS,
    purpose: PurposeOf,
    ground: Ground,
    reference: Type.String({
      minLength: 1,
      maxLength: 120,
      pattern: '^[^\\x00-\\x1f\\x7f]*\\S[^\\x00-\\x1f\\x7f]*$',
    }),
    why: Type.String({ minLength: 1, maxLength: 1_000, pattern: '\\S' }),
  },
  closed,
);
const Decide = Type.Object(
  {
    deed: Type.Union([Type.Literal('confirm'), Type.Literal('refuse'), Type.Literal('withdraw')]),
    note: Type.Optional(Type.String({ maxLength: 1_000 })),
    beyondDay: Type.Optional(Type.Boolean()),
  },
  closed,
);

/** Exports to a supervising authority in which persons stand in the clear, by two persons (C-54). */
export function clearExportsRoutes(app: App, doors: Doors): void {
  const { database, clock, rootKeys } = doors;
  const handOf = ({ partyId, label, userId }: Actor): Omit<ExportHand, 'unmasked'> => ({
    database,
    clock,
    rootKeys,
    actor: { partyId, label, userId },
  });

  app.post('/api/v1/clear-exports', { schema: { tags, body: Propose } }, async (request, reply) => {
    const actor = need(request, 'regulator:export');
    need(request, 'identifiers:see');
    need(request, 'persons:unmask');
    const { from, to, sets, format = 'csv', zone, purpose, ground, reference, why } = request.body;
    const period = { fromMs: Date.parse(from), toMs: Date.parse(to) };
    const asked = { period, sets, format, zone };
    const grounds = { purpose, ground, reference, why };
    const made = await proposeClearExport(handOf(actor), doors.regulator, asked, grounds);
    return reply.code(201).send(shown(made, clock.now()));
  });

  app.get('/api/v1/clear-exports', { schema: { tags, querystring: Query } }, async request => {
    const actor = need(request, 'regulator:export');
    const { waiting: is, limit = DEFAULT_LIMIT } = request.query;
    const atMs = clock.now();
    const waiting = is === undefined ? undefined : { is, atMs };
    const before = readCursor(request.query.after, ['number'])?.[0] ?? null;
    const rows = await database.door(actor.partyId, tx => listClearExports(tx, waiting, before, limit + 1));
    return pageOf(
      rows,
      limit,
      row => [row.clearExportId],
      row => shown(row, atMs),
    );
  });

  app.get('/api/v1/clear-exports/:id', { schema: { tags, params: Id } }, async request => {
    const actor = need(request, 'regulator:export');
    const { id } = request.params;
    const found = await database.door(actor.partyId, tx => clearExportById(tx, id));
    if (found === undefined) throw no('clear-export-not-found', id);
    return shown(found, clock.now());
  });

  app.post(
    '/api/v1/clear-exports/:id/decision',
    { schema: { tags, params: Id, body: Decide } },
    async request => {
      const actor = need(request, 'regulator:export');
      const { id } = request.params;
      const { deed, note = '', beyondDay: isBeyondDay = false } = request.body;
      const hand = { actor: actor.label, atMs: clock.now() };
      const decided = await tried(doors, actor, `clear-export-${deed}`, `clear-export/${id}`, tx =>
        deed === 'confirm'
          ? confirmClearExport(tx, id, { isBeyondDay, note }, hand)
          : endClearExport(tx, id, deed === 'refuse' ? 'refused' : 'withdrawn', note, hand),
      );
      return shown(decided, clock.now());
    },
  );

  app.post('/api/v1/clear-exports/:id/archive', { schema: { tags, params: Id } }, async (request, reply) => {
    const actor = need(request, 'regulator:export');
    need(request, 'identifiers:see');
    need(request, 'persons:unmask');
    const bytes = await takeClearExport(handOf(actor), doors.regulator, request.params.id);
    return sendArchive(reply, Readable.from(bytes, { objectMode: false }));
  });
}

/** One whose time is over waits no more, also before the round has written it down. */
function shown(row: ClearExport, nowMs: number) {
  const { clearExportId, fromMs, toMs, proposedAtMs, expiresAtMs, decidedAtMs, ...rest } = row;
  const { takeUntilMs, givenAtMs, isBeyondDay, ...more } = rest;
  return {
    id: clearExportId,
    ...more,
    from: rfc3339(fromMs),
    to: rfc3339(toMs),
    waiting: row.decision === null && nowMs < expiresAtMs,
    proposedAt: rfc3339(proposedAtMs),
    expiresAt: rfc3339(expiresAtMs),
    decidedAt: instant(decidedAtMs),
    beyondDay: isBeyondDay,
    takeUntil: instant(takeUntilMs),
    givenAt: instant(givenAtMs),
  };
}
