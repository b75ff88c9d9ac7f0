import { Type } from 'typebox';
import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { instant, rfc3339 } from '../../kernel/time.ts';
import { askBackTestOf } from '../../spine/back-test/ask.ts';
import { armedTexts } from '../../spine/findings/armed/armed-rules.ts';
import {
  type BackTest,
  backTestOf,
  backTestsOf,
  cancelBackTest,
} from '../../spine/findings/back-tests/back-tests.ts';
import { isRootParty } from '../../spine/registry/root-party.ts';
import { subjectsNumbered } from '../../spine/views/named-subjects.ts';
import { type Actor, type App, type Doors, need } from '../app.ts';
import { Numeral } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';

const tags = ['rules'];
const rule = { id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }) };
const Id = Type.Object(rule);
const Numbered = Type.Object({ ...rule, number: Numeral });
/** Instants from 1970 to the end of the year 9999. */
const Ms = Type.Integer({ minimum: 0, maximum: 253_402_300_799_999 });
const Asked = Type.Object(
  {
    fromMs: Ms,
    toMs: Ms,
    text: Type.Optional(Type.String({ maxLength: 65_536 })),
    class: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    references: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 1_000 }),
    ),
  },
  { additionalProperties: false },
);

/** Back-tests: a rule tried on stored observations before it is armed. They are asked for and seen at the root party. */
export function backTestsRoutes(app: App, doors: Doors): void {
  const { shipped, world } = doors.rules;

  app.post(
    '/api/v1/rules/:id/back-tests',
    { schema: { tags, params: Id, body: Asked } },
    async (request, reply) => {
      const actor = need(request, 'rules:test');
      const ruleId = request.params.id;
      const { fromMs, toMs, class: className, references } = request.body;
      const made = await doors.database.door(actor.partyId, async tx => {
        await atRoot(tx, actor);
        const text = request.body.text ?? shipped.get(ruleId) ?? (await armedTextOf(tx, ruleId));
        const chosen = {
          ...(className === undefined ? {} : { class: className }),
          ...(references === undefined ? {} : { references: [...new Set(references)] }),
        };
        const { partyId, label } = actor;
        const asked = { partyId, ruleId, text, fromMs, toMs, chosen, actor: label, atMs: doors.clock.now() };
        return askBackTestOf(tx, asked, world);
      });
      doors.wake();
      return reply.code(202).send(whole(made));
    },
  );

  app.get(
    '/api/v1/rules/:id/back-tests',
    { schema: { tags, params: Id, querystring: Type.Object(pageQuery) } },
    async request => {
      const actor = need(request, 'rules:read');
      const { after, limit = DEFAULT_LIMIT } = request.query;
      const beforeId = readCursor(after, ['number'])?.[0] ?? Number.MAX_SAFE_INTEGER;
      const rows = await doors.database.door(actor.partyId, tx =>
        backTestsOf(tx, request.params.id, beforeId, limit + 1),
      );
      return pageOf(rows, limit, each => [each.backTestId], listed);
    },
  );

  app.get('/api/v1/rules/:id/back-tests/:number', { schema: { tags, params: Numbered } }, async request => {
    // It shows what single subjects did, as findings do.
    need(request, 'findings:read');
    const actor = need(request, 'rules:read');
    const { id, number } = request.params;
    return await doors.database.door(actor.partyId, async tx => {
      const test = await backTestOf(tx, id, number);
      return { ...whole(test), result: await named(tx, test.result) };
    });
  });

  app.post(
    '/api/v1/rules/:id/back-tests/:number/cancel',
    { schema: { tags, params: Numbered } },
    async request => {
      const actor = need(request, 'rules:test');
      const { id, number } = request.params;
      const canceled = await doors.database.door(actor.partyId, tx =>
        cancelBackTest(tx, id, number, doors.clock.now()),
      );
      return listed(canceled);
    },
  );
}

async function atRoot(tx: Tx, actor: Actor): Promise<void> {
  if (!(await isRootParty(tx, actor.partyId)))
    throw new Refusal('right-missing', { detail: { right: 'rules:test at the root party' } });
}

async function armedTextOf(tx: Tx, ruleId: string): Promise<string> {
  const armed = (await armedTexts(tx)).find(each => each.ruleId === ruleId);
  if (armed === undefined) throw new Refusal('rule-unknown', { subject: `rule/${ruleId}` });
  return armed.text;
}

function listed(test: BackTest) {
  const { records, hits, subjectsHit } = test.result ?? {};
  return {
    id: test.backTestId,
    ruleId: test.ruleId,
    version: test.version,
    from: rfc3339(test.fromMs),
    to: rfc3339(test.toMs),
    chosen: test.chosen,
    state: test.state,
    isCanceled: test.isCanceled,
    askedBy: test.askedBy,
    askedAt: rfc3339(test.askedAtMs),
    endedAt: instant(test.endedAtMs),
    done: test.done,
    total: test.total,
    fault: test.fault,
    records: records ?? null,
    hits: hits ?? null,
    subjectsHit: subjectsHit ?? null,
  };
}

/** The hits that are shown, each with what its subject is registered as: null for one that is not the party's to see. */
async function named(tx: Tx, result: BackTest['result']) {
  if (result === null) return null;
  const { armed } = result;
  const against = typeof armed === 'string' ? null : armed;
  const hits = [...result.samples, ...(against?.addedSamples ?? []), ...(against?.lostSamples ?? [])];
  const subjects = await subjectsNumbered(tx, [...new Set(hits.map(each => each.subjectId))]);
  const names = new Map(subjects.map(each => [each.subjectId, each.reference]));
  const told = <Hit extends { readonly subjectId: number }>(all: readonly Hit[]) =>
    all.map(each => ({ ...each, reference: names.get(each.subjectId) ?? null }));
  const samples = told(result.samples);
  if (against === null) return { ...result, samples };
  const { addedSamples, lostSamples } = against;
  const beside = { ...against, addedSamples: told(addedSamples), lostSamples: told(lostSamples) };
  return { ...result, samples, armed: beside };
}

function whole(test: BackTest) {
  return { ...listed(test), text: test.text, result: test.result };
}
