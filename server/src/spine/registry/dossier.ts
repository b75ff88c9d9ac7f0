import type { Tx } from '../../kernel/database/transaction.ts';
import { instantText } from '../../kernel/database/values.ts';
import * as store from './dossier/store.ts';
import type { DatedFact } from './registration.ts';

/** A claim that names a subject between two moments. */
export interface Alias {
  readonly claim: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Another subject that bears one of the dossier's claims at the same time (C-15). */
export interface Rival extends Alias {
  readonly subjectId: number;
  /** The rival's party and those above it. */
  readonly ancestors: readonly number[];
}

/** All that judging needs to know of one subject. Times without bound are ∓`Number.MAX_SAFE_INTEGER`. */
export interface Dossier {
  readonly subjectId: number;
  readonly partyId: number;
  readonly kind: string;
  readonly reference: string;
  readonly class: string | null;
  /** The subject's party and those above it: the parties whose sources may speak of it. */
  readonly ancestors: readonly number[];
  readonly aliases: readonly Alias[];
  readonly rivals: readonly Rival[];
  /** Farthest first, then by beginning; a linked subject's fact holds only while the link does. */
  readonly facts: readonly DatedFact[];
}

/** The dossiers of the named subjects, by subject id: four statements, however many are asked for. */
export async function loadDossiers(
  tx: Tx,
  asked: { readonly claims?: readonly string[]; readonly subjectIds?: readonly number[] },
): Promise<Dossier[]> {
  const { claims = [], subjectIds = [] } = asked;
  if (claims.length + subjectIds.length === 0) return [];
  const subjects = await store.subjectsNamed(tx, claims, subjectIds);
  const ids = subjects.map(subject => subject.subjectId);
  if (ids.length === 0) return [];
  const aliases = grouped(await store.aliasesOf(tx, ids));
  const rivals = grouped(await store.rivalsOf(tx, ids));
  const facts = grouped(await store.factsOf(tx, ids));
  return subjects.map(subject => ({
    ...subject,
    aliases: (aliases.get(subject.subjectId) ?? []).map(({ claim, fromMs, toMs }) => ({
      claim,
      fromMs,
      toMs,
    })),
    rivals: (rivals.get(subject.subjectId) ?? []).map(({ claim, fromMs, toMs, rivalId, ancestors }) => ({
      claim,
      fromMs,
      toMs,
      subjectId: rivalId,
      ancestors,
    })),
    facts: (facts.get(subject.subjectId) ?? []).map(({ kind, fromMs, toMs, body, distance, linkKind }) => ({
      kind,
      fromMs,
      toMs,
      body,
      distance,
      linkKind,
    })),
  }));
}

/** Whom a claim names at a moment, for a source of one party. */
export type Naming =
  | { readonly subjectId: number }
  /** Nobody of the party or below bears the claim then. */
  | { readonly unknown: true }
  /** Several bear it: it names nobody until that is mended, and is listed (C-15). */
  | { readonly ambiguous: readonly number[] };

/** Answers in the order of the questions; one statement for all of them. */
export async function resolveClaims(
  tx: Tx,
  partyId: number,
  asked: readonly { readonly claim: string; readonly atMs: number }[],
): Promise<Naming[]> {
  const namings: Naming[] = asked.map(() => ({ unknown: true }));
  if (asked.length === 0) return namings;
  const rows = await store.namedAt(
    tx,
    partyId,
    asked.map(each => each.claim),
    asked.map(each => instantText(each.atMs)),
  );
  for (const { place, subjectIds } of rows) {
    const [only] = subjectIds;
    namings[place - 1] =
      subjectIds.length === 1 && only !== undefined ? { subjectId: only } : { ambiguous: subjectIds };
  }
  return namings;
}

function grouped<Row extends { readonly subjectId: number }>(rows: readonly Row[]): Map<number, Row[]> {
  return Map.groupBy(rows, row => row.subjectId);
}
