import type { Database, Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { RegistryCode } from './registry-code.ts';
import * as store from './subjects/store.ts';

export type { LinkSeen, StatedRow, SubjectFilter, SubjectSeen } from './subjects/store.ts';

/** Rows of each kind that a subject's page shows; a card rarely has more than a dozen. */
const MOST_SHOWN = 500;

/** A subject with its claims, links and facts, what was retired included, the newest first. */
export interface SubjectPage extends store.SubjectSeen {
  readonly aliases: ReadonlyArray<store.StatedRow & { readonly claim: string }>;
  readonly links: readonly store.LinkSeen[];
  readonly facts: ReadonlyArray<
    store.StatedRow & { readonly kind: string; readonly body: Readonly<Record<string, unknown>> }
  >;
}

/** Subjects of the party and below, by id. */
export function listSubjects(
  database: Database,
  partyId: number,
  filter: store.SubjectFilter,
  afterId: number,
  limit: number,
): Promise<store.SubjectSeen[]> {
  return database.door(partyId, tx => store.subjects(tx, filter, afterId, limit));
}

/** Subjects of a kind that go by a reference, whosever they are; at most ten. */
export function subjectsNamed(tx: Tx, kind: string, reference: string): Promise<store.SubjectSeen[]> {
  return store.subjects(tx, { kind, reference }, 0, 10);
}

/** Refuses `subject-unknown` for one that the party may not see. */
export function subjectPage(database: Database, partyId: number, subjectId: number): Promise<SubjectPage> {
  return database.door(partyId, async tx => {
    const subject = await store.subjectById(tx, subjectId);
    if (subject === undefined) {
      throw new Refusal<RegistryCode>('subject-unknown', { subject: `subject/${subjectId}` });
    }
    return {
      ...subject,
      aliases: await store.aliasesSeen(tx, subjectId, MOST_SHOWN),
      links: await store.linksSeen(tx, subjectId, MOST_SHOWN),
      facts: await store.factsSeen(tx, subjectId, MOST_SHOWN),
    };
  });
}

/** Claims that several subjects bear at once: duplicates are shown, never merged (C-15). */
export function listContested(
  database: Database,
  partyId: number,
  afterClaim: string,
  limit: number,
): Promise<Array<{ claim: string; subjectIds: number[] }>> {
  return database.door(partyId, tx => store.contested(tx, afterClaim, limit));
}
