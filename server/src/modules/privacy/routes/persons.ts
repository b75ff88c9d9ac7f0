import { Type } from 'typebox';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import { type ModuleRoute, moduleRoute } from '../../../spine/module-route.ts';
import { isLinkedTo } from '../../../spine/registry/subjects/store.ts';
import type { PersonalDataRules } from '../catalogue.ts';
import { looksAt } from '../looks/store.ts';
import { lookAt } from '../looks.ts';
import { ALL_DOCUMENT_KINDS, METHODS, PERSON_KINDS, USES } from '../model.ts';
import { documentsOf, personsPage, verificationsOf } from '../persons/store.ts';
import { type Person, personSeen, registerPerson, shredPerson, verifyIdentity } from '../persons.ts';
import { fieldsKept } from '../vault.ts';
import {
  closed,
  Day,
  DEFAULT_LIMIT,
  Handle,
  handOf,
  Id,
  Line,
  oneOf,
  Page,
  pageOf,
  Reason,
  readerOf,
  Sha256,
} from './parts.ts';

const tag = 'personal data';

/** Persons: registered, masked, verified, looked at for a case, ended. */
export function personRoutes(editions: readonly PersonalDataRules[]): readonly ModuleRoute[] {
  return [
    moduleRoute({
      method: 'GET',
      path: '/persons',
      right: 'persons:read',
      tag,
      query: Page,
      answer: async (hand, { query }) => {
        const limit = query.limit ?? DEFAULT_LIMIT;
        return hand.database.door(hand.actor.partyId, async tx => {
          const rows = await personsPage(tx, query.after ?? 0, limit + 1);
          const kept = await fieldsKept(
            tx,
            rows.map(row => row.personId),
          );
          return pageOf(
            rows,
            limit,
            row => row.personId,
            row => masked(row, kept),
          );
        });
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/persons/:handle',
      right: 'persons:read',
      tag,
      params: { handle: Handle },
      answer: (hand, { params }) =>
        hand.database.door(hand.actor.partyId, async tx => {
          const person = await personSeen(tx, params.handle);
          const documents = await documentsOf(tx, person.personId);
          const verifications = await verificationsOf(tx, person.personId);
          return {
            ...masked(person, await fieldsKept(tx, [person.personId])),
            documents: documents.map(({ documentId: id, kind, expiresOn, madeAtMs }) => ({
              id,
              kind,
              expiresOn,
              number: MASK,
              madeAt: rfc3339(madeAtMs),
            })),
            verifications: verifications.map(each => ({
              id: each.verificationId,
              documentId: each.documentId,
              outcome: each.outcome,
              method: each.method,
              evidenceSha256: each.evidenceSha256,
              verifiedBy: each.verifiedBy,
              verifiedAt: rfc3339(each.verifiedAtMs),
              validTo: rfc3339(each.validToMs),
            })),
          };
        }),
    }),
    moduleRoute({
      method: 'GET',
      path: '/persons/:handle/looks',
      right: 'persons:read',
      tag,
      params: { handle: Handle },
      query: Page,
      answer: (hand, { params, query }) =>
        hand.database.door(hand.actor.partyId, async tx => {
          const limit = query.limit ?? DEFAULT_LIMIT;
          const person = await personSeen(tx, params.handle);
          const rows = await looksAt(tx, person.personId, query.after ?? null, limit + 1);
          return pageOf(
            rows,
            limit,
            row => row.lookId,
            ({ lookId: id, actor, purpose, use, caseId, fields, lookedAtMs }) => ({
              id,
              actor,
              purpose,
              use,
              caseId,
              fields,
              lookedAt: rfc3339(lookedAtMs),
            }),
          );
        }),
    }),
    moduleRoute({
      method: 'POST',
      path: '/persons',
      right: 'persons:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          kind: oneOf(PERSON_KINDS),
          name: Line(200),
          contact: Type.Optional(Line(300)),
          document: Type.Object(
            { kind: oneOf(ALL_DOCUMENT_KINDS), number: Line(60), expiresOn: Type.Optional(Day) },
            closed,
          ),
        },
        closed,
      ),
      answer: async (hand, { body }) => {
        const made = await registerPerson(hand, handOf(hand), body);
        hand.announce('person', `holder/${made.handle}`);
        return made;
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/persons/:handle/verifications',
      right: 'persons:write',
      tag,
      status: 201,
      params: { handle: Handle },
      body: Type.Object(
        {
          documentId: Id,
          outcome: oneOf(['verified', 'failed', 'withdrawn']),
          method: oneOf(METHODS),
          validTo: Type.Optional(Type.String({ format: 'date-time', maxLength: 40 })),
          evidenceSha256: Type.Optional(Sha256),
        },
        closed,
      ),
      answer: async (hand, { params, body }) => {
        const { validTo, ...rest } = body;
        const told = { ...rest, validToMs: validTo === undefined ? undefined : Date.parse(validTo) };
        const stated = await verifyIdentity(hand, editions, handOf(hand), params.handle, told);
        hand.announce('person', `holder/${params.handle}`);
        return { id: stated.verificationId, validTo: rfc3339(stated.validToMs) };
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/persons/:handle/looks',
      right: 'persons:unmask',
      tag,
      params: { handle: Handle },
      body: Type.Object(
        {
          use: oneOf(USES),
          caseId: Id,
          fields: Type.Optional(Type.Array(Type.String({ maxLength: 80 }), { minItems: 1, maxItems: 20 })),
        },
        closed,
      ),
      answer: async (hand, { params, body }) => {
        const asked = { ...body, purpose: 'real-name' as const };
        const shown = await lookAt(
          hand,
          editions,
          readerOf(hand),
          tx => personSeen(tx, params.handle),
          asked,
        );
        return { look: shown.lookId, values: textsOf(shown.values) };
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/persons/:handle/end',
      right: 'persons:write',
      tag,
      params: { handle: Handle },
      body: Type.Object({ reason: Reason }, closed),
      answer: async (hand, { params, body }) => {
        const ended = await shredPerson(hand, handOf(hand), params.handle, body.reason, holdsCards);
        hand.announce('person', `holder/${params.handle}`);
        return { handle: params.handle, keysDestroyed: ended.keys };
      },
    }),
  ];
}

const MASK = '••••';

function masked(person: Person, kept: ReadonlyArray<{ personId: number; purpose: string; field: string }>) {
  const fields = kept.filter(each => each.personId === person.personId && each.purpose === 'real-name');
  return {
    handle: person.handle,
    partyId: person.partyId,
    kind: person.kind,
    subjectId: person.subjectId,
    state: person.state,
    // A value is there or not; its length and its beginning would tell too much of a name of two characters.
    values: Object.fromEntries(fields.map(({ field }) => [field, MASK])),
    madeAt: rfc3339(person.madeAtMs),
    endedAt: instant(person.endedAtMs),
  };
}

export function textsOf(values: ReadonlyMap<string, Buffer>): Record<string, string> {
  return Object.fromEntries([...values].map(([field, bytes]) => [field, bytes.toString('utf8')]));
}

/** Whether something is linked to the holder: a card that is theirs. */
const holdsCards: Parameters<typeof shredPerson>[4] = isLinkedTo;
