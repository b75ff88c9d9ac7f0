import { Type } from 'typebox';
import { instant, rfc3339 } from '../../kernel/time.ts';
import { bounded, listQuery, numberedList, numberedPage, pageAsked } from '../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../spine/module-route.ts';
import * as campaigns from './campaigns/campaigns.ts';
import * as duties from './duties/duties.ts';
import { type DutyKind, type Penalty, penaltiesAt } from './shelves.ts';

const tag = 'responsibility';
const closed = { additionalProperties: false };
const Numeral = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Moment = Type.Integer({ minimum: 0, maximum: 253_402_214_400_000 });
const Text = Type.String({ minLength: 1, maxLength: 500 });
const Digest = Type.String({ pattern: '^[0-9a-f]{64}$' });
const id = { id: Numeral };

/** The chain, its duties and gaps, yearly inspections, and penalties as dated data. Moments come in as milliseconds. */
export function responsibilityRoutes(
  kinds: readonly DutyKind[],
  penalties: readonly Penalty[],
): readonly ModuleRoute[] {
  const doer = ({ actor }: RouteHand): duties.Doer => ({ partyId: actor.partyId, label: actor.label });
  return [
    numberedList({
      path: '/responsible',
      tag,
      read: duties.listResponsible,
      idOf: row => row.responsibleId,
      show: shownResponsible,
    }),
    moduleRoute({
      method: 'POST',
      path: '/responsible',
      right: 'registry:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          level: Type.Union([
            Type.Literal('operator'),
            Type.Literal('seller'),
            Type.Literal('unit'),
            Type.Literal('user'),
          ]),
          reference: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }),
          title: Text,
          above: Type.Optional(Numeral),
          agreement: Type.Optional(Text),
        },
        closed,
      ),
      answer: async (hand, { body }) => {
        const { level, reference, title, above, agreement } = body;
        const asked = { level, reference, title, aboveId: above ?? null, agreement: agreement ?? null };
        return shownResponsible(await duties.nameResponsible(hand, doer(hand), asked));
      },
    }),
    numberedList({
      path: '/duties',
      tag,
      read: duties.listDuties,
      idOf: row => row.dutyId,
      show: shownDuty,
    }),
    moduleRoute({
      method: 'POST',
      path: '/duties',
      right: 'registry:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          responsible: Numeral,
          kind: Type.String({ maxLength: 63 }),
          owner: Type.Optional(Text),
          substitute: Type.Optional(Text),
          dueMs: Moment,
        },
        closed,
      ),
      answer: async (hand, { body }) =>
        shownDuty(
          await duties.setDuty(hand, doer(hand), kinds, {
            responsibleId: body.responsible,
            kind: body.kind,
            ownerId: body.owner ?? null,
            substituteId: body.substitute ?? null,
            dueAtMs: body.dueMs,
          }),
        ),
    }),
    moduleRoute({
      method: 'POST',
      path: '/duties/:id/proof',
      right: 'registry:write',
      tag,
      params: id,
      body: Type.Object({ proof: Digest }, closed),
      answer: async (hand, { params, body }) =>
        shownDuty(await duties.proveDuty(hand, doer(hand), params.id, body.proof)),
    }),
    moduleRoute({
      method: 'GET',
      path: '/duty-gaps',
      right: 'registry:read',
      tag,
      answer: async hand => ({
        items: await hand.database.door(hand.actor.partyId, tx =>
          duties.gapsAt(tx, hand.clock.now(), kinds, 500),
        ),
        next: null,
      }),
    }),
    numberedList({
      path: '/inspections',
      tag,
      read: campaigns.listCampaigns,
      idOf: row => row.campaignId,
      show: shownCampaign,
    }),
    moduleRoute({
      method: 'POST',
      path: '/inspections',
      right: 'policies:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          title: Text,
          year: Type.Integer({ minimum: 2000, maximum: 2200 }),
          contract: Type.Optional(Text),
          size: Type.Integer({ minimum: 1, maximum: 100_000 }),
          dueMs: Moment,
          onLapse: Type.Optional(Type.String({ pattern: '^[a-z][a-z-]{0,62}$' })),
        },
        closed,
      ),
      answer: async (hand, { body }) => {
        const { dueMs, ...rest } = body;
        const made = await campaigns.beginCampaign(hand, doer(hand), { ...rest, dueAtMs: dueMs });
        hand.announce('inspection', `inspection/${made.campaignId}`);
        return shownCampaign(made);
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/inspections/:id/samples',
      right: 'registry:read',
      tag,
      params: id,
      query: listQuery,
      answer: async (hand, { params, query }) => {
        const { afterId, limit, rows } = pageAsked(query);
        const found = await hand.database.door(hand.actor.partyId, async tx => {
          const [campaign] = await campaigns.listCampaigns(tx, params.id - 1, 1);
          if (campaign?.campaignId !== params.id)
            throw duties.no('campaign-unknown', `inspection/${params.id}`);
          return await campaigns.listSamples(tx, params.id, afterId, rows);
        });
        return numberedPage(found, limit, row => row.sampleId, shownSample);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/inspection-samples/:id/result',
      right: 'registry:write',
      tag,
      params: id,
      body: Type.Object(
        {
          result: Type.Union([Type.Literal('passed'), Type.Literal('failed')]),
          evidence: Type.Optional(Digest),
        },
        closed,
      ),
      answer: async (hand, { params, body }) => {
        const done = await campaigns.inspect(hand, doer(hand), params.id, body);
        hand.announce('inspection', `inspection/${done.campaignId}`);
        return shownSample(done);
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/penalties',
      right: 'rules:read',
      tag,
      query: { atMs: Type.Optional(Moment) },
      answer: async (hand, { query }) => ({
        items: penaltiesAt(penalties, query.atMs ?? hand.clock.now()).map(
          ({ fromMs, toMs, said, ...rest }) => ({
            ...rest,
            ...said,
            from: rfc3339(fromMs),
            to: Number.isFinite(toMs) ? rfc3339(toMs) : null,
          }),
        ),
        next: null,
      }),
    }),
  ];
}

function shownResponsible({ responsibleId, aboveId, ...rest }: duties.Responsible) {
  return { id: responsibleId, above: aboveId, ...rest };
}

function shownDuty({ dutyId, proofSha256, dueAtMs, doneAtMs, ...rest }: duties.Duty) {
  const proof = proofSha256?.toString('hex') ?? null;
  return { id: dutyId, ...rest, proof, dueAt: rfc3339(dueAtMs), doneAt: instant(doneAtMs) };
}

function shownCampaign({ campaignId, dueAtMs, begunAtMs, ...rest }: campaigns.Campaign) {
  return { id: campaignId, ...rest, dueAt: rfc3339(dueAtMs), begunAt: rfc3339(begunAtMs) };
}

function shownSample({ sampleId, evidenceSha256, inspectedAtMs, lapsedAtMs, ...rest }: campaigns.Sample) {
  const evidence = evidenceSha256?.toString('hex') ?? null;
  return {
    id: sampleId,
    ...rest,
    evidence,
    inspectedAt: bounded(inspectedAtMs),
    lapsedAt: bounded(lapsedAtMs),
  };
}
