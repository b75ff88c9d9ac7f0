import type { Tx } from '../../kernel/database/transaction.ts';
import type { Fed } from '../fed.ts';
import type { ArmedRule } from '../findings/armed/armed-rules.ts';
import type { Touched } from '../judging.ts';
import {
  type Link,
  type LinkField,
  linkedFields,
  linkStored,
  neverLinked,
  noteLinks,
  valuesOf,
} from '../observations/links/store.ts';
import type { DeliveredObservation, StoredObservation } from '../observations/store.ts';
import { claimsEver } from '../registry/dossier.ts';
import { type FieldKey, fieldsOf, keyId, keyOfDossier, valueId, valueIn } from './field-keys.ts';
import { LinkShelf, linkId } from './link-shelf.ts';

/** A key something happened under, and the earliest moment from which its verdicts may differ. */
export interface TouchedKey {
  readonly key: FieldKey;
  readonly fromMs: number;
  /** True when all that happened is that records came. */
  readonly isOnlyFed: boolean;
}

/** Of each claim of a subject that changed, so many of the latest values lead to keys; the others are named as left out. */
const MOST_KEYS_PER_CLAIM = 1_000;

/**
 * Links what the records tell, whosesoever they are, so that whoever a claim names later is found. The stored
 * records are linked when a field is asked for first; what lies on the shelf is linked for certain. Answers the names of the values, as `valueId` gives them,
 * that nothing judged before told of.
 */
export async function linkRecords(
  tx: Tx,
  rules: readonly ArmedRule[],
  records: readonly DeliveredObservation[],
  shelf = new LinkShelf(),
): Promise<Set<string>> {
  const linked = await linkedFields(tx);
  for (const each of fieldsOf(rules)) {
    if (linked.some(({ kind, field }) => kind === each.kind && field === each.field)) continue;
    await linkStored(tx, each);
    linked.push(each);
  }
  const links = shelf.missing(linksIn(linked, records));
  const values = new Map(links.map(each => [valueId(each), each]));
  const fresh = await neverLinked(
    tx,
    [...values].flatMap(([id, each]) => (shelf.knowsValue(id) ? [] : [each])),
  );
  await noteLinks(tx, links);
  shelf.keep(links);
  return new Set(fresh.map(valueId));
}

function linksIn(fields: readonly LinkField[], records: readonly DeliveredObservation[]): Link[] {
  const links = new Map<string, Link & { firstMs: number; lastMs: number }>();
  for (const each of fields) {
    for (const record of records) {
      const value = valueIn(each, record);
      if (value === null) continue;
      const { partyId, claim, observedAtMs } = record;
      const name = linkId({ ...each, value, partyId, claim });
      const known = links.get(name);
      if (known === undefined)
        links.set(name, { ...each, value, partyId, claim, firstMs: observedAtMs, lastMs: observedAtMs });
      else {
        known.firstMs = Math.min(known.firstMs, observedAtMs);
        known.lastMs = Math.max(known.lastMs, observedAtMs);
      }
    }
  }
  return [...links.values()];
}

/**
 * The keys to be judged: those the records that came lie under, and those that records of a subject lie under
 * whose past changed, under any claim that ever named it. A record that its key was judged with before touches it no more.
 */
export async function touchedKeys(
  tx: Tx,
  rules: readonly ArmedRule[],
  next: {
    readonly touched: readonly Touched[];
    readonly fed: readonly Fed[];
    /** Whether the key was judged with the record before its turn. */
    readonly isTaken?: (key: FieldKey, record: StoredObservation) => boolean;
  },
  onLeftOut: (claim: string) => void,
): Promise<TouchedKey[]> {
  const fields = fieldsOf(rules);
  const keys = new Map<string, TouchedKey>();
  const touch = (key: FieldKey, fromMs: number, isOnlyFed: boolean): void => {
    const known = keys.get(keyId(key));
    keys.set(keyId(key), {
      key,
      fromMs: Math.min(fromMs, known?.fromMs ?? fromMs),
      isOnlyFed: isOnlyFed && (known?.isOnlyFed ?? true),
    });
  };
  for (const { dossier, records } of next.fed) {
    for (const field of fields) {
      for (const record of records) {
        const value = valueIn(field, record);
        if (value === null) continue;
        const key = keyOfDossier(field, value, dossier);
        if (next.isTaken?.(key, record) !== true) touch(key, record.observedAtMs, true);
      }
    }
  }
  const changed = next.touched.filter(each => !each.isOnlyFed);
  if (changed.length === 0) return [...keys.values()];
  const claims = await claimsEver(
    tx,
    changed.map(each => each.dossier.subjectId),
  );
  const values = Map.groupBy(
    await valuesOf(
      tx,
      [...new Set(claims.map(each => each.claim))],
      Math.min(...changed.map(each => each.fromMs)),
      MOST_KEYS_PER_CLAIM,
    ),
    each => each.claim,
  );
  for (const [claim, found] of values) if (found.length === MOST_KEYS_PER_CLAIM) onLeftOut(claim);
  const claimsOf = Map.groupBy(claims, each => each.subjectId);
  for (const { dossier, fromMs } of changed) {
    for (const { claim } of claimsOf.get(dossier.subjectId) ?? []) {
      for (const { kind, field, value, lastMs } of values.get(claim) ?? []) {
        if (lastMs < fromMs || !fields.some(each => each.kind === kind && each.field === field)) continue;
        touch(keyOfDossier({ kind, field }, value, dossier), fromMs, false);
      }
    }
  }
  return [...keys.values()];
}
