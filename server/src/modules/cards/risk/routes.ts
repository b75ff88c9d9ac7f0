import { Type } from 'typebox';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import { type ModuleRoute, moduleRoute } from '../../../spine/module-route.ts';
import { identityOf } from '../../../spine/registry/identity.ts';
import { recordRefused } from '../../../spine/registry/recorded.ts';
import type { SourceCode } from '../gate/gate-code.ts';
import { cardsNamed, named } from '../gate/move-cards.ts';
import { catalogueInForce } from '../source/store.ts';
import { assess } from './assess.ts';
import { RISK_SUBJECTS, type RiskInputs, type RiskSubject } from './risk.ts';
import { assessmentsOf, scoresOf } from './store.ts';

const tag = 'card-risk';
const Of = Type.Union(RISK_SUBJECTS.map(each => Type.Literal(each)));
const Reference = Type.String({ minLength: 1, maxLength: 200 });
const SHOWN = 100;

/** Risk of cards, holders and sellers: assessing, and the history with every reason (C-02). */
export const riskRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'POST',
    path: '/risk-assessments',
    right: 'policies:write',
    tag,
    status: 201,
    body: Type.Object(
      {
        of: Of,
        reference: Reference,
        inputs: Type.Record(
          Type.String({ pattern: '^[a-z][A-Za-z]{0,39}$' }),
          Type.Union([Type.Boolean(), Type.Integer({ minimum: 0, maximum: 1_000_000_000 })]),
        ),
        validTo: Type.Optional(
          Type.String({ maxLength: 40, pattern: '^\\d{4}-\\d\\d-\\d\\dT.*(Z|[+-]\\d\\d:\\d\\d)$' }),
        ),
      },
      { additionalProperties: false },
    ),
    async answer(hand, { body }) {
      const { database, clock, actor } = hand;
      const of = body.of as RiskSubject;
      const untilMs = body.validTo === undefined ? null : Date.parse(body.validTo);
      try {
        if (Number.isNaN(untilMs) || (untilMs !== null && untilMs <= clock.now()))
          throw new Refusal<SourceCode>('risk-inputs-faulty', { detail: { inputs: 'validTo' } });
        const subject = await database.door(actor.partyId, tx => riskSubject(tx, of, body.reference));
        // The verdict is not the door's to state: who asks was checked above, row by row.
        const verdict = await database.corridor(tx =>
          assess(
            tx,
            {
              ...{ subjectId: subject.subjectId, partyId: subject.partyId, of, untilMs },
              inputs: body.inputs as RiskInputs,
              byParty: actor.partyId,
              actor: actor.label,
            },
            clock.now(),
          ),
        );
        hand.announce('risk', `subject/${subject.subjectId}`);
        const { assessmentId, isPassed, native, dynamic } = verdict;
        return {
          id: assessmentId,
          subject: subject.subjectId,
          passed: isPassed,
          native,
          dynamic,
          validTo: rfc3339(verdict.untilMs),
        };
      } catch (thrown) {
        if (isRefusal(thrown)) {
          const attempt = { act: 'risk-assessment', object: `risk/${of}`, ...whoIs(actor) };
          await recordRefused(hand, attempt, thrown.code);
        }
        throw thrown;
      }
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/risk/:of/:reference',
    right: 'registry:read',
    tag,
    params: { of: Of, reference: Reference },
    answer: ({ database, actor }, { params }) =>
      database.door(actor.partyId, async tx => {
        const { subjectId } = await riskSubject(tx, params.of as RiskSubject, params.reference);
        const identity = await identityOf(tx, subjectId, SHOWN);
        const assessments = await assessmentsOf(tx, subjectId, SHOWN);
        const scores = await scoresOf(tx, subjectId, SHOWN);
        return {
          subject: subjectId,
          identity: identity.map(({ statedAtMs, untilMs, statedBy, ...rest }) => ({
            ...rest,
            validTo: instant(untilMs),
            by: statedBy,
            at: rfc3339(statedAtMs),
          })),
          assessments: assessments.map(
            ({ assessmentId, isPassed, isInForce, nativeScore, dynamicScore, ...rest }) => ({
              id: assessmentId,
              passed: isPassed,
              inForce: isInForce,
              native: nativeScore,
              dynamic: dynamicScore,
              cause: rest.cause,
              validTo: rfc3339(rest.untilMs),
              by: rest.by,
              at: rfc3339(rest.atMs),
            }),
          ),
          scores: scores.map(({ scoreId, atMs, ...rest }) => ({ id: scoreId, ...rest, at: rfc3339(atMs) })),
        };
      }),
  }),
  moduleRoute({
    method: 'GET',
    path: '/card-catalogues/:kind',
    right: 'registry:read',
    tag,
    params: {
      kind: Type.Union(
        ['card-lists', 'card-life', 'card-limits', 'card-risk'].map(each => Type.Literal(each)),
      ),
    },
    answer: ({ database, actor }, { params }) =>
      database.door(actor.partyId, async tx => {
        const body = await catalogueInForce(tx, params.kind as 'card-lists');
        if (body === null) throw new Refusal('rules-missing');
        return body;
      }),
  }),
];

function riskSubject(
  tx: Tx,
  of: RiskSubject,
  reference: string,
): Promise<{ subjectId: number; partyId: number }> {
  if (of !== 'card') return named(tx, of, reference);
  return cardsNamed(tx, [reference]).then(([card]) => card!);
}

function whoIs(actor: { readonly partyId: number; readonly label: string }): {
  partyId: number;
  actor: string;
} {
  return { partyId: actor.partyId, actor: actor.label };
}
