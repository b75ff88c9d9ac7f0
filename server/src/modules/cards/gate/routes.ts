import { Type } from 'typebox';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import { recordRefused } from '../../../spine/registry/recorded.ts';
import { type NamedSubject, subjectsNumbered } from '../../../spine/views/named-subjects.ts';
import type { SourceCode } from './gate-code.ts';
import { cardsNamed, HOLDER, type MoveAsked, moveCards, named, refusalOf, SELLER } from './move-cards.ts';
import { cardsOfBatch, type LifeRow, livesOf, livesPage, type MoveRow, movesPage } from './store.ts';

const tag = 'cards';
const MOST_CARDS = 1_000;
const MOST_OF_BATCH = 100_000;
const DEFAULT_LIMIT = 100;
const Word = Type.String({ pattern: '^[a-z][a-z-]{0,29}$' });
const Reference = Type.String({ minLength: 1, maxLength: 200 });
const Number_ = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 500 }));

/** The life of cards: where each is, what moved it, and the moves that go through the gate (C-01). */
export const gateRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'GET',
    path: '/cards',
    right: 'registry:read',
    tag,
    query: {
      state: Type.Optional(Word),
      batch: Type.Optional(Number_),
      holder: Type.Optional(Reference),
      seller: Type.Optional(Reference),
      after: Type.Optional(Number_),
      limit: Limit,
    },
    answer: ({ database, actor }, { query }) =>
      database.door(actor.partyId, async tx => {
        const { state, batch, after = 0, limit = DEFAULT_LIMIT } = query;
        const holder =
          query.holder === undefined ? undefined : (await named(tx, HOLDER, query.holder)).subjectId;
        const seller =
          query.seller === undefined ? undefined : (await named(tx, SELLER, query.seller)).subjectId;
        const rows = await livesPage(tx, { state, batch, holder, seller }, after, limit + 1);
        const shown = rows.slice(0, limit);
        const next = rows.length > limit ? (shown.at(-1)?.cardId ?? null) : null;
        return { items: await shownLives(tx, shown), next };
      }),
  }),
  moduleRoute({
    method: 'GET',
    path: '/cards/:iccid',
    right: 'registry:read',
    tag,
    params: { iccid: Reference },
    answer: ({ database, actor }, { params }) =>
      database.door(actor.partyId, async tx => {
        const [card] = (await cardsNamed(tx, [params.iccid])) as [NamedSubject];
        const lives = await livesOf(tx, [card.subjectId]);
        const [life] = await shownLives(tx, lives);
        const moves = await movesPage(tx, { cardId: card.subjectId }, null, 500);
        return {
          card: card.reference,
          subject: card.subjectId,
          life: life ?? null,
          moves: moves.map(shownMove),
        };
      }),
  }),
  moduleRoute({
    method: 'GET',
    path: '/card-moves',
    right: 'registry:read',
    tag,
    query: {
      outcome: Type.Optional(Type.Union([Type.Literal('done'), Type.Literal('refused')])),
      before: Type.Optional(Number_),
      limit: Limit,
    },
    answer: ({ database, actor }, { query }) =>
      database.door(actor.partyId, async tx => {
        const limit = query.limit ?? DEFAULT_LIMIT;
        const rows = await movesPage(tx, { outcome: query.outcome }, query.before ?? null, limit + 1);
        const shown = rows.slice(0, limit);
        return {
          items: shown.map(shownMove),
          next: rows.length > limit ? (shown.at(-1)?.moveId ?? null) : null,
        };
      }),
  }),
  moduleRoute({
    method: 'POST',
    path: '/card-moves',
    right: 'registry:write',
    tag,
    body: Type.Object(
      {
        act: Word,
        cards: Type.Optional(Type.Array(Reference, { minItems: 1, maxItems: MOST_CARDS })),
        batch: Type.Optional(Number_),
        holder: Type.Optional(Reference),
        seller: Type.Optional(Reference),
        industryClass: Type.Optional(Word),
        scenario: Type.Optional(Word),
        deviceType: Type.Optional(Word),
        channel: Type.Optional(Word),
        nonDirectedMb: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_000_000_000 })),
        testDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_650 })),
      },
      { additionalProperties: false },
    ),
    async answer(hand, { body }) {
      const { cards, batch, ...asked } = body;
      const outcomes = await movedOnRecord(hand, asked, tx => cardsAsked(tx, cards, batch));
      hand.announce('card', `act/${asked.act}`);
      const refusal = refusalOf(asked.act, outcomes);
      if (refusal !== undefined) throw refusal;
      const count = (outcome: string) => outcomes.filter(each => each.outcome === outcome).length;
      return {
        act: asked.act,
        moved: count('moved'),
        unchanged: count('unchanged'),
        refused: count('refused'),
        outcomes: outcomes.slice(0, MOST_CARDS),
      };
    },
  }),
];

/** Commits what came of the move, refusals with it; what was refused before the gate was asked is recorded as well. */
async function movedOnRecord(
  hand: RouteHand,
  asked: MoveAsked,
  cardsOf: (tx: Tx) => Promise<readonly NamedSubject[]>,
) {
  const { database, actor } = hand;
  try {
    return await database.door(actor.partyId, async tx =>
      moveCards(tx, actor.label, asked, await cardsOf(tx)),
    );
  } catch (thrown) {
    if (isRefusal(thrown)) {
      const attempt = {
        act: 'card-move',
        object: `act/${asked.act}`,
        partyId: actor.partyId,
        actor: actor.label,
      };
      await recordRefused(hand, attempt, thrown.code);
    }
    throw thrown;
  }
}

async function cardsAsked(
  tx: Tx,
  cards: readonly string[] | undefined,
  batch: number | undefined,
): Promise<readonly NamedSubject[]> {
  if ((cards === undefined) === (batch === undefined))
    throw new Refusal<SourceCode>('card-source-unknown', { detail: { kind: 'card' } });
  if (cards !== undefined) return cardsNamed(tx, cards);
  const ids = await cardsOfBatch(tx, batch!, MOST_OF_BATCH);
  if (ids.length === 0) throw new Refusal<SourceCode>('card-source-unknown', { detail: { kind: 'batch' } });
  return subjectsNumbered(tx, ids);
}

async function shownLives(tx: Tx, rows: readonly LifeRow[]) {
  const ids = rows.flatMap(row => [row.cardId, row.holderId ?? [], row.sellerId ?? []].flat());
  const names = new Map((await subjectsNumbered(tx, ids)).map(each => [each.subjectId, each.reference]));
  const nameOf = (id: number | null) => (id === null ? null : (names.get(id) ?? null));
  return rows.map(({ cardId, holderId, sellerId, testUntilMs, changedAtMs, batchId, ...rest }) => ({
    card: nameOf(cardId),
    subject: cardId,
    ...rest,
    batch: batchId,
    holder: nameOf(holderId),
    seller: nameOf(sellerId),
    testUntil: instant(testUntilMs),
    changedAt: rfc3339(changedAtMs),
  }));
}

function shownMove({ moveId, cardId, atMs, ...rest }: MoveRow) {
  return { id: moveId, subject: cardId, ...rest, at: rfc3339(atMs) };
}
