import type { DatedFact, Terms } from '../../spine/contribution.ts';
import { type CardClasses, usualTerms } from './card-classes.ts';
import { statedTerms, type TermValue } from './terms.ts';

/** Kinds of dated fact the module writes; a binding and a pool's device carry the IMEI in their kind, since a fact is known by subject, kind and beginning. */
export const FACTS = {
  restriction: 'restriction',
  swapWindow: 'swap-window',
  campaign: 'campaign',
  outage: 'outage',
  binding: 'binding/',
  poolDevice: 'pool-device/',
} as const;

/**
 * The terms in force at a moment, out of everything dated that concerns the card: its own facts override
 * those of its contract, a later beginning overrides an earlier one. Devices add up: those the card is bound
 * to, those of its pool, and the nearest list a restriction states.
 *
 * Under all of them lie the terms usual for the card's class, or for `other` when it has none that is known.
 *
 * Validity is half-open: in force from `fromMs`, no longer at `toMs`. Facts of another shape are passed over.
 */
export function boundAt(
  facts: readonly DatedFact[],
  atMs: number,
  classes: readonly CardClasses[] = [],
): Terms {
  const inForce = facts
    .filter(fact => fact.fromMs <= atMs && atMs < fact.toMs)
    .sort(farthestAndEarliestFirst);
  const terms: Record<string, TermValue> = {};
  const devices = new Set<string>();
  let isSwapDeclared = false;
  let isCampaign = false;
  let isOutage = false;
  for (const fact of inForce) {
    if (fact.kind === FACTS.restriction) Object.assign(terms, statedTerms(fact.body));
    else if (fact.kind === FACTS.swapWindow) isSwapDeclared = true;
    else if (fact.kind === FACTS.campaign) isCampaign = true;
    else if (fact.kind === FACTS.outage) isOutage = true;
    else if (fact.kind.startsWith(FACTS.binding)) devices.add(fact.kind.slice(FACTS.binding.length));
    else if (fact.kind.startsWith(FACTS.poolDevice)) {
      devices.add(fact.kind.slice(FACTS.poolDevice.length));
      if (typeof fact.body.pool === 'string') terms.imeiPool = fact.body.pool;
    }
  }
  if (devices.size > 0) {
    const listed = Array.isArray(terms.imeis) ? (terms.imeis as string[]) : [];
    terms.imeis = [...new Set([...devices, ...listed])].sort();
  }
  const usual = usualTerms(classes, terms['class'], atMs);
  return {
    ...usual,
    ...terms,
    swapWindow: isSwapDeclared,
    ...(isCampaign ? { campaign: true } : {}),
    ...(isOutage ? { outage: true } : {}),
    ...fenceScale(terms['fenceLatE6']),
  };
}

/** How much shorter a degree of longitude is than one of latitude at the fence, in thousandths. */
function fenceScale(latE6: TermValue | undefined): Terms {
  if (typeof latE6 !== 'number') return {};
  return { fenceScale: Math.round(1000 * Math.cos((latE6 / 1_000_000) * (Math.PI / 180))) };
}

function farthestAndEarliestFirst(a: DatedFact, b: DatedFact): number {
  if (a.distance !== b.distance) return b.distance - a.distance;
  if (a.fromMs === b.fromMs) return 0;
  return a.fromMs < b.fromMs ? -1 : 1;
}
