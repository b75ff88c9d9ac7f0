import type { DatedFact, Terms } from '../../spine/contribution.ts';
import { type CardClasses, usualTerms } from './card-classes.ts';
import { statedTerms, type TermValue } from './terms.ts';

/** Kinds of dated fact the module writes; a binding and a pool's device carry the IMEI in their kind, since a fact is known by subject, kind and beginning. */
export const FACTS = {
  restriction: 'restriction',
  swapWindow: 'swap-window',
  campaign: 'campaign',
  outage: 'outage',
  providerFinding: 'provider-finding/',
  binding: 'binding/',
  poolDevice: 'pool-device/',
  /** The area a card is held to does not hold, until the fact ends or the card's own terms state one anew. */
  areaLifted: 'area-lifted',
  /** What a second person opened for a while, by number; its body names the contract it was opened under. */
  opening: 'opening/',
  /** An IMEI that several boards bear, as far as their cards show. */
  duplicateImei: 'duplicate-imei/',
  /** A re-inspection that was not passed in time, by number: the card may do nothing until it is. */
  lapse: 'lapse/',
} as const;

/**
 * The terms in force at a moment, out of everything dated that concerns the card: its own facts override
 * those of its contract, a later beginning overrides an earlier one. Devices add up: those the card is bound
 * to, those of its pool, and the nearest list a restriction states.
 *
 * Under all of them lie the terms usual for the card's class, or for `other` when it has none that is known.
 *
 * Over restrictions lie openings, save where a nearer restriction closes what a farther opening opens, and only while
 * the card stands under the contract they were opened under, and that contract lasts (C-05). Over all of it lies a
 * re-inspection that lapsed (C-49).
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
  const duplicates = new Set<string>();
  let isSwapDeclared = false;
  let isCampaign = false;
  let isOutage = false;
  for (const fact of inForce) {
    if (fact.kind === FACTS.restriction) Object.assign(terms, statedTerms(fact.body));
    else if (fact.kind === FACTS.swapWindow) isSwapDeclared = true;
    else if (fact.kind === FACTS.areaLifted) for (const name of FENCE) delete terms[name];
    else if (fact.kind === FACTS.campaign) isCampaign = true;
    else if (fact.kind === FACTS.outage) isOutage = true;
    else if (fact.kind.startsWith(FACTS.duplicateImei))
      duplicates.add(fact.kind.slice(FACTS.duplicateImei.length));
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
  if (duplicates.size > 0) {
    const listed = Array.isArray(terms.duplicateImeis) ? (terms.duplicateImeis as string[]) : [];
    terms.duplicateImeis = [...new Set([...duplicates, ...listed])].sort();
  }
  openInto(terms, inForce);
  if (inForce.some(fact => fact.kind.startsWith(FACTS.lapse))) Object.assign(terms, LAPSED);
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

const FENCE = ['fenceLatE6', 'fenceLonE6', 'fenceRadiusM'] as const;

const LAPSED = { smsAllowed: false, voiceAllowed: false, handsetAllowed: false, capBytes: 0, lapsed: true };

/** `inForce` in the order of precedence, the strongest last. */
function openInto(terms: Record<string, TermValue>, inForce: readonly DatedFact[]): void {
  const { contract, contractEnded } = terms;
  if (typeof contract !== 'string' || contractEnded === true) return;
  const restrictions = inForce.filter(fact => fact.kind === FACTS.restriction);
  for (const fact of inForce) {
    if (!fact.kind.startsWith(FACTS.opening) || fact.body.contract !== contract) continue;
    for (const [name, value] of Object.entries(statedTerms(fact.body))) {
      const isClosedNearer = restrictions.some(
        each => each.distance < fact.distance && Object.hasOwn(each.body, name),
      );
      if (name === 'contract' || isClosedNearer) continue;
      const before = terms[name];
      terms[name] =
        Array.isArray(value) && Array.isArray(before) ? [...new Set([...before, ...value])] : value;
    }
  }
}

function farthestAndEarliestFirst(a: DatedFact, b: DatedFact): number {
  if (a.distance !== b.distance) return b.distance - a.distance;
  if (a.fromMs === b.fromMs) return 0;
  return a.fromMs < b.fromMs ? -1 : 1;
}
