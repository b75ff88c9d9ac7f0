import type { AgreedCap } from '../agreed-cap.ts';

/** What is wanted of a card at a provider, out of measures and the card's life. */
export interface WantedCard {
  readonly subjectId: number;
  readonly card: string;
  readonly isStopped: boolean;
  readonly isLimited: boolean;
  /** An order or a lifting is on its way: what the provider shows is not yet what was wanted. */
  readonly isMoving: boolean;
  /** Null for a card that was never taken into stock: it is watched, and nothing is wanted of its use. */
  readonly life: string | null;
  /** The volume that is agreed for it; absent for none. */
  readonly cap?: AgreedCap | undefined;
}

/** A card as the provider has it. */
export interface ReportedCard {
  readonly standing: string;
  readonly word: string;
  readonly limited?: boolean | undefined;
  /** Octets of a month at which the provider stops it, where it tells them. */
  readonly capBytes?: number | undefined;
}

export interface Drift {
  readonly what: DriftKind;
  readonly wanted: string;
  readonly reported: string;
}

export const DRIFTS = [
  'works-though-stopped',
  'works-though-not-in-use',
  'stopped-without-order',
  'ended-without-order',
  'fast-though-limited',
  'other-cap',
  'open-by-default',
] as const;
export type DriftKind = (typeof DRIFTS)[number];

/** States of a card's life in which nobody uses it (`card_activity_fault` has the same). */
const NOT_IN_USE: ReadonlySet<string> = new Set([
  ...['stock', 'allocated', 'sold', 'suspended', 'terminated', 'retired'],
]);

/** Where the provider shows something else than what was ordered, registered and agreed (C-07); pure. */
export function driftOf(wanted: WantedCard, reported: ReportedCard): Drift[] {
  if (wanted.isMoving) return [];
  return [...driftOfState(wanted, reported), ...driftOfCap(wanted, reported)];
}

function driftOfState(wanted: WantedCard, reported: ReportedCard): Drift[] {
  const found = (what: DriftKind, wish: string): Drift[] => [{ what, wanted: wish, reported: reported.word }];
  const { standing, limited } = reported;
  const { life } = wanted;
  if (wanted.isStopped) return standing === 'working' ? found('works-though-stopped', 'stopped') : [];
  if (life !== null && NOT_IN_USE.has(life))
    return standing === 'working' ? found('works-though-not-in-use', life) : [];
  if (life !== null && standing === 'restricted') return found('stopped-without-order', life);
  if (life !== null && standing === 'ended') return found('ended-without-order', life);
  return wanted.isLimited && limited === false ? found('fast-though-limited', 'limited') : [];
}

/** Days that a month has at most: a cap of days allows no more than so many of them. */
const MOST_DAYS = 31;

/**
 * A provider stops a card at a volume that it was given by default, until somebody sets what the contract says. Of a
 * card that a measure limits another volume is wanted; one that was ended uses none.
 */
function driftOfCap({ cap, isLimited }: WantedCard, { standing, capBytes }: ReportedCard): Drift[] {
  if (cap === undefined || capBytes === undefined || isLimited || standing === 'ended') return [];
  const isOther = cap.window === 'month' ? capBytes !== cap.bytes : capBytes > cap.bytes * MOST_DAYS;
  if (!isOther) return [];
  const wanted = `${cap.bytes} bytes a ${cap.window}`;
  return [{ what: 'other-cap', wanted, reported: `${capBytes} bytes a month` }];
}
