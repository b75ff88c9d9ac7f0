import {
  chance,
  lateDays,
  mixed,
  type Plan,
  type SimulatedCard,
  type Use,
  usesInFile,
  usesOf,
  usesUpTo,
} from '@thingward/simulator';

/** When the records of a fleet come, and how often. */
export interface Arrivals {
  /** What the file of a day tells of a card. */
  inFile(card: SimulatedCard, fileDay: number): Use[];
  /** Every record of the card that has come by the file of a day, once. */
  upTo(card: SimulatedCard, fileDay: number): Use[];
  /** Whether the later half of the day's records comes before the earlier one. */
  isReversed(card: SimulatedCard, day: number): boolean;
}

/** As the fleet's own files tell them. */
export function ownArrivals(plan: Plan): Arrivals {
  return {
    inFile: (card, fileDay) => usesInFile(plan, card, fileDay),
    upTo: (card, fileDay) => usesUpTo(plan, card, fileDay),
    isReversed: () => false,
  };
}

/** The longest a day is held back beyond its own lateness, and a repetition after it. */
const MOST_BACK_DAYS = 6;

/**
 * The same records, of which the share `part` of the days of cards comes a day later than it would, as many are told
 * twice, and of as many the later half comes before the earlier one. Days whose receipt is part of their truth come
 * when they did.
 */
export function disordered(plan: Plan, part: number): Arrivals {
  const isDrawn = (card: SimulatedCard, day: number, salt: number): boolean =>
    card.script?.isPunctual !== true && chance(mixed(plan.seed, card.index, salt + day)).next() < part;
  const arrivalOf = (card: SimulatedCard, day: number): number =>
    Math.min(plan.days - 1, day + lateDays(plan, card, day) + (isDrawn(card, day, 0x50000) ? 1 : 0));
  return {
    inFile: (card, fileDay) => {
      const uses: Use[] = [];
      for (let day = Math.max(0, fileDay - MOST_BACK_DAYS); day <= fileDay; day += 1) {
        const arrival = arrivalOf(card, day);
        const isAgain = arrival + 1 === fileDay && isDrawn(card, day, 0x60000);
        if (arrival === fileDay || isAgain) uses.push(...usesOf(plan, card, day));
      }
      return uses;
    },
    upTo: (card, fileDay) => {
      const uses: Use[] = [];
      for (let day = 0; day <= fileDay; day += 1)
        if (arrivalOf(card, day) <= fileDay) uses.push(...usesOf(plan, card, day));
      return uses;
    },
    isReversed: (card, day) => isDrawn(card, day, 0x70000),
  };
}

/** The day a record is of, as its name says. */
export function dayOf(use: Use): number {
  return Number(use.id.split('-')[1]);
}
