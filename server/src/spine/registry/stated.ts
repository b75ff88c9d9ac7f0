import type { Tx } from '../../kernel/database/transaction.ts';
import { type Answer, type Bearing, type Derived, deriveAliases, type Statement } from './stated/derive.ts';
import {
  addStatements,
  crowdedAmong,
  type DerivedRow,
  derivedAliases,
  registeredBearings,
  replaceDerived,
  saveAnswers,
  statementsOf,
  type Told,
  takeDueClaims,
} from './stated/store.ts';

export { ANSWERS } from './stated/derive.ts';
export { listStatedAliases, type StatedAlias } from './stated/store.ts';

/** Identifiers that one record states for one subject, and when it was observed. */
export interface StatedTogether {
  readonly claims: readonly string[];
  readonly atMs: number;
}

/**
 * Keeps what records of a source state together, in the caller's transaction. Nothing is named yet: the judge
 * derives the aliases before it judges. The same records again change nothing.
 */
export async function keepStated(
  tx: Tx,
  source: { readonly sourceId: number; readonly partyId: number },
  together: Iterable<StatedTogether>,
): Promise<void> {
  const told = new Map<string, Told>();
  for (const { claims, atMs } of together)
    for (const claim of claims)
      for (const by of claims) {
        if (by === claim) continue;
        const name = `${claim}\u0000${by}`;
        const before = told.get(name);
        const firstMs = Math.min(atMs, before?.firstMs ?? atMs);
        const lastMs = Math.max(atMs, before?.lastMs ?? atMs);
        told.set(name, { claim, by, firstMs, lastMs });
      }
  if (told.size > 0) await addStatements(tx, source, [...told.values()]);
}

/** Calls taken into one derivation, at most. */
const DUE_PER_COMMIT = 4_000;

/**
 * Derives aliases of the claims that something happened to, and marks those whose naming changed to be judged
 * again; how many claims were looked at. Part of the judge's transaction, so that one process derives at a time.
 */
export async function deriveStated(tx: Tx, atMs: number): Promise<number> {
  const claims = await takeDueClaims(tx, DUE_PER_COMMIT);
  if (claims.length === 0) return 0;
  const statements = await statementsOf(tx, claims);
  const involved = [...new Set([...claims, ...statements.map(each => each.by)])];
  const crowded = await crowdedAmong(tx, involved);
  const registered = byClaim(await registeredBearings(tx, involved));
  const statementsBy = byClaim(statements);
  const answers = new Map<number, Answer>();
  const wanted: Derived[] = [];
  for (const claim of claims) {
    const derived = deriveAliases(statementsBy.get(claim) ?? [], registered, each => crowded.has(each));
    wanted.push(...derived.aliases);
    for (const [id, answer] of derived.answers) answers.set(id, answer);
  }
  const present = new Map((await derivedAliases(tx, claims)).map(row => [nameOf(row), row]));
  const added = wanted.filter(row => !present.delete(nameOf(row)));
  const retired = [...present.values()];
  if (added.length + retired.length > 0) await replaceDerived(tx, retired, added, atMs);
  if (answers.size > 0) await saveAnswers(tx, answers);
  return claims.length;
}

function nameOf({ claim, subjectId, partyId, fromMs, toMs }: Omit<DerivedRow, 'aliasId'>): string {
  return `${partyId} ${subjectId} ${fromMs} ${toMs} ${claim}`;
}

function byClaim<Row extends Statement | Bearing>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.claim);
    if (group === undefined) groups.set(row.claim, [row]);
    else group.push(row);
  }
  return groups;
}
