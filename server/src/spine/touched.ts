import type { Tx } from '../kernel/database/transaction.ts';
import { DossierShelf } from './dossier-shelf.ts';
import type { ArmedRule } from './findings/armed/armed-rules.ts';
import type { Touched } from './judging.ts';
import { claimsFallenSilent } from './observations/feeds/store.ts';
import type { Tick } from './observations/reader/store.ts';
import type { DeliveredObservation } from './observations/store.ts';
import { takeDirty, takeDirtyOf } from './registry/dirty.ts';
import type { Dossier } from './registry/dossier.ts';
import { silenceHeardMs } from './rules/silence.ts';

/**
 * The subjects to be judged again and from when: those whose claims the records name, those whose past
 * changed in the registry, and those whose silence may have fallen due by a tick. A claim that names no
 * subject, or more than one, bears no verdict (C-13, C-15).
 *
 * Dirty marks are removed in this transaction: they are gone exactly when their judging is committed. Who must be judged
 * from what is stored in any case, since memory does not know them, is rid of their marks with it: after an import they
 * would else all be judged twice, and what comes in live would wait beside them for minutes.
 */
export async function takeTouched(
  tx: Tx,
  next: {
    records: readonly DeliveredObservation[];
    ticks: readonly Tick[];
    rules: readonly ArmedRule[];
    /** Dirty marks taken into this commit, at most, beside those of subjects that memory does not know. */
    mostDirty: number;
    /** Whether memory knows a subject; absent: it knows all. */
    isKnown?: (subjectId: number) => boolean;
  },
  shelf: DossierShelf = new DossierShelf(),
): Promise<Touched[]> {
  const claims = claimsOf(next.records);
  const dirty = await takeDirty(tx, next.mostDirty);
  const heard = next.rules.flatMap(({ rule }) => silenceHeardMs(rule) ?? []);
  const silent =
    heard.length === 0
      ? []
      : await claimsFallenSilent(tx, next.ticks, {
          shortestMs: Math.min(...heard),
          longestMs: Math.max(...heard),
        });
  const named = [...new Set([...claims, ...silent].map(each => each.claim))];
  const marked = () => [...new Set(dirty.map(mark => mark.subjectId))];
  let dossiers = await shelf.take(tx, named, marked());
  const unknown = dossiers.filter(each => next.isKnown?.(each.subjectId) === false);
  if (unknown.length > 0) {
    const ids = unknown.map(each => each.subjectId);
    const more = await takeDirtyOf(tx, ids);
    dirty.push(...more);
    if (more.length > 0) dossiers = await shelf.take(tx, named, marked());
  }
  const since = new Map<number, number>();
  const lower = (subjectId: number, ms: number) =>
    since.set(subjectId, Math.min(ms, since.get(subjectId) ?? Number.POSITIVE_INFINITY));
  const byClaim = namedBy(dossiers);
  const fallen = new Set<object>(silent);
  const changed = new Set(dirty.map(mark => mark.subjectId));
  for (const each of [...claims, ...silent]) {
    const { claim, partyId, earliestMs, latestMs } = each;
    for (const dossier of byClaim.get(claim) ?? []) {
      const isNamed = dossier.aliases.some(
        alias =>
          alias.claim === claim &&
          alias.parties.includes(partyId) &&
          alias.fromMs <= latestMs &&
          alias.toMs > earliestMs,
      );
      if (!isNamed) continue;
      lower(dossier.subjectId, earliestMs);
      if (fallen.has(each)) changed.add(dossier.subjectId);
    }
  }
  for (const mark of dirty) lower(mark.subjectId, mark.fromMs);
  return dossiers
    .filter(dossier => since.has(dossier.subjectId))
    .map(dossier => ({
      dossier,
      fromMs: since.get(dossier.subjectId)!,
      isOnlyFed: !changed.has(dossier.subjectId),
    }));
}

interface Claimed {
  readonly claim: string;
  readonly partyId: number;
  earliestMs: number;
  latestMs: number;
}

/** Each claim that records of a party's sources name, with the earliest and latest moment it was observed at. */
function claimsOf(records: readonly DeliveredObservation[]): Claimed[] {
  const claims = new Map<string, Claimed>();
  for (const { claim, partyId, observedAtMs } of records) {
    const name = `${partyId} ${claim}`;
    const known = claims.get(name);
    if (known === undefined)
      claims.set(name, { claim, partyId, earliestMs: observedAtMs, latestMs: observedAtMs });
    else {
      known.earliestMs = Math.min(known.earliestMs, observedAtMs);
      known.latestMs = Math.max(known.latestMs, observedAtMs);
    }
  }
  return [...claims.values()];
}

function namedBy(dossiers: readonly Dossier[]): Map<string, Dossier[]> {
  const byClaim = new Map<string, Dossier[]>();
  for (const dossier of dossiers) {
    for (const alias of dossier.aliases) {
      const named = byClaim.get(alias.claim);
      if (named === undefined) byClaim.set(alias.claim, [dossier]);
      else if (!named.includes(dossier)) named.push(dossier);
    }
  }
  return byClaim;
}
