import { Type } from 'typebox';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import { onRecord } from '../attempt.ts';
import { CREDIT_CLASSES, type PersonalDataRules } from '../catalogue.ts';
import { creditSteps, entriesPage, entryById } from '../credit/store.ts';
import {
  AUTHORITY_LEVELS,
  answerCreditAppeal,
  appealCredit,
  type CreditEntry,
  enterCredit,
  repairCredit,
} from '../credit.ts';
import { personOfRow, personSeen } from '../persons.ts';
import { openVault } from '../vault.ts';
import {
  absentAs,
  closed,
  Day,
  DEFAULT_LIMIT,
  FileText,
  Handle,
  handOf,
  Id,
  Letter,
  Line,
  oneOf,
  Page,
  pageOf,
} from './parts.ts';
import { shownCredit, shownCreditStep } from './shown.ts';

const tag = 'credit record';

/** Credit entries: only with the decision that confirms them, with appeal, repair and end. */
export function creditRoutes(editions: readonly PersonalDataRules[]): readonly ModuleRoute[] {
  const changed = async (
    hand: RouteHand,
    object: string,
    act: string,
    work: (tx: Tx) => Promise<CreditEntry>,
  ) => {
    const attempt = { act, object, ...handOf(hand) };
    const shown = await onRecord(hand, attempt, () =>
      hand.database.door(hand.actor.partyId, async tx => {
        const entry = await work(tx);
        return shownCredit(entry, (await personOfRow(tx, entry.personId)).handle);
      }),
    );
    hand.announce('credit-entry', `credit-entry/${shown.id}`);
    return shown;
  };
  return [
    moduleRoute({
      method: 'GET',
      path: '/credit-entries',
      right: 'credit:read',
      tag,
      query: {
        ...Page,
        person: Type.Optional(Handle),
        state: Type.Optional(oneOf(['recorded', 'repaired', 'ended', 'withdrawn'])),
      },
      answer: (hand, { query }) =>
        hand.database.door(hand.actor.partyId, async tx => {
          const limit = query.limit ?? DEFAULT_LIMIT;
          const personId =
            query.person === undefined ? undefined : (await personSeen(tx, query.person)).personId;
          const rows = await entriesPage(
            tx,
            { personId, state: query.state },
            query.after ?? null,
            limit + 1,
          );
          const handles = new Map<number, string>();
          for (const row of rows)
            if (!handles.has(row.personId))
              handles.set(row.personId, (await personOfRow(tx, row.personId)).handle);
          return pageOf(
            rows,
            limit,
            row => row.entryId,
            row => shownCredit(row, handles.get(row.personId) ?? ''),
          );
        }),
    }),
    moduleRoute({
      method: 'GET',
      path: '/credit-entries/:id',
      right: 'credit:read',
      tag,
      params: { id: Id },
      answer: (hand, { params }) =>
        hand.database.door(hand.actor.partyId, async tx => {
          const entry = await entryById(tx, params.id);
          if (entry === undefined) throw absentAs('credit-entry-unknown', `credit-entry/${params.id}`);
          const steps = (await creditSteps(tx, params.id)).map(shownCreditStep);
          return { ...shownCredit(entry, (await personOfRow(tx, entry.personId)).handle), steps };
        }),
    }),
    moduleRoute({
      method: 'POST',
      path: '/persons/:handle/credit-entries',
      right: 'credit:write',
      tag,
      status: 201,
      params: { handle: Handle },
      body: Type.Object(
        {
          class: oneOf(CREDIT_CLASSES),
          authority: Line(200),
          authorityLevel: oneOf(AUTHORITY_LEVELS),
          decisionNumber: Line(100),
          decisionDate: Day,
          decision: Type.Optional(FileText),
        },
        closed,
      ),
      answer: async (hand, { params, body }) => {
        const vault = await openVault(hand);
        return changed(hand, `holder/${params.handle}`, 'credit-entry', tx =>
          enterCredit(tx, editions, vault, handOf(hand), params.handle, body),
        );
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/credit-entries/:id/appeal',
      right: 'credit:write',
      tag,
      params: { id: Id },
      body: Type.Object({ text: Letter }, closed),
      answer: async (hand, { params, body }) => {
        const vault = await openVault(hand);
        return changed(hand, `credit-entry/${params.id}`, 'credit-appeal', tx =>
          appealCredit(tx, editions, vault, handOf(hand), params.id, body.text),
        );
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/credit-entries/:id/appeal/answer',
      right: 'credit:write',
      tag,
      params: { id: Id },
      body: Type.Object({ outcome: oneOf(['upheld', 'rejected']) }, closed),
      answer: (hand, { params, body }) =>
        changed(hand, `credit-entry/${params.id}`, 'credit-appeal-answer', tx =>
          answerCreditAppeal(tx, handOf(hand), params.id, body.outcome),
        ),
    }),
    moduleRoute({
      method: 'POST',
      path: '/credit-entries/:id/repair',
      right: 'credit:write',
      tag,
      params: { id: Id },
      body: Type.Object({ duties: FileText, pledge: FileText }, closed),
      answer: async (hand, { params, body }) => {
        const vault = await openVault(hand);
        return changed(hand, `credit-entry/${params.id}`, 'credit-repair', tx =>
          repairCredit(tx, vault, handOf(hand), params.id, body),
        );
      },
    }),
  ];
}
