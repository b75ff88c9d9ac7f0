import { type Fleet, MISUSE, makeFleet, tablesOf, USAGE_MAPPING } from '@thingward/simulator';

const SEED = 20_261_125;
const CARDS = 360;
const DAYS = 6;
const DAY_MS = 86_400_000;

/** Two lines as spreadsheets and broken exports leave them: a rounded card number, and no time. */
const DAMAGED = [
  'damaged-1,8.98601E+18,,46000,2026-11-16T10:00:00Z,10,10',
  'damaged-2,89860012345678901237,,46000,yesterday,10,10',
];

/** What the tour hands to the server, and what it may hold the server to. */
export interface Sample {
  readonly seed: number;
  readonly fleet: Fleet;
  readonly tables: Readonly<Record<string, string>>;
  readonly mapping: typeof USAGE_MAPPING;
  /** The header, then one record a line, the damaged ones among them. */
  readonly lines: readonly string[];
  /** The numbers of the damaged lines, the header being line 1. */
  readonly damaged: readonly number[];
  readonly innocent: ReadonlySet<string>;
}

/** The simulator's fleet over the days before this one, with damaged lines near the beginning and the end. */
export function makeSample(nowMs: number): Sample {
  const endMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const fleet = makeFleet({ seed: SEED, cards: CARDS, days: DAYS, endMs });
  const { contracts, cards, bindings, swapWindows, usage } = tablesOf(fleet);
  const lines = usage.trimEnd().split('\n');
  const damaged = DAMAGED.map((line, i) => {
    const at = Math.floor(lines.length * (i === 0 ? 0.1 : 0.9));
    lines.splice(at, 0, line);
    return at + 1;
  });
  const isInnocent = (plant: string) => plant !== 'nothing' && !MISUSE.has(plant as never);
  return {
    seed: SEED,
    fleet,
    tables: { contracts, cards, bindings, 'swap-windows': swapWindows },
    mapping: USAGE_MAPPING,
    lines,
    damaged,
    innocent: new Set(fleet.cards.filter(card => isInnocent(card.plant)).map(card => card.iccid)),
  };
}

/** The number a card is known by: an ICCID without its check digit. */
export function referenceOf(iccid: string): string {
  return iccid.length === 20 ? iccid.slice(0, 19) : iccid;
}
