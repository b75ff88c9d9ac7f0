import { NINE } from './classes.ts';
import type { Day, Script, Use } from './model.ts';
import { dayStartMs, HOUR_MS } from './plan.ts';
import { afterTurn, lookAlike, misuse } from './script.ts';
import { putVolume, useOf } from './use.ts';

const REGION = 'region-breach';
const TRAVEL = 'impossible-travel';
const ANY = NINE;
const STILL = ['agriculture', 'other'];
/** About 18 degrees of latitude: 2,000 km. */
const FAR_E6 = 18_000_000;
const FOREIGN = ['45204', '41401', '25001', '52505'] as const;

const abroad = (use: Use, { card }: Day): void => {
  use.plmn = FOREIGN[card.index % FOREIGN.length] as string;
  use.latE6 = Number.NaN;
  use.lonE6 = Number.NaN;
};

/** A further record so long after the last of the day, by another network, at the card's home moved to the north. */
function further({ card, usual }: Day, afterMs: number, northE6: number): Use {
  const last = usual.at(-1) as Use;
  const use = useOf(card, last.atMs + afterMs);
  putVolume(use, 900);
  use.durationSeconds = 600;
  use.plmn = card.plmn === '46000' ? '46001' : '46000';
  use.latE6 = card.homeLatE6 + northE6;
  use.lonE6 = card.homeLonE6;
  use.accuracyM = 500;
  return use;
}

/** From the day after the turning one on. */
const fromTurn = (add: (day: Day) => Use) => (day: Day) =>
  day.day <= day.card.turnDay ? day.usual : [...day.usual, add(day)];
/** A doubtful record far away, which comes to lie between one of home just before midnight and one just after. */
const betweenHomes = (change: Partial<Use>) => (day: Day) => {
  const { card, usual } = day;
  const lastMs = (usual.at(-1) as Use).atMs;
  const midnightMs = dayStartMs(day.plan, card.turnDay + 1);
  if (day.day === card.turnDay + 1) return [...usual, further(day, midnightMs + 1_800_000 - lastMs, 0)];
  if (day.day !== card.turnDay) return usual;
  const home = further(day, midnightMs - 1_200_000 - lastMs, 0);
  return [...usual, home, { ...further(day, midnightMs - 600_000 - lastMs, FAR_E6), ...change }];
};

/** Two places in turns, so many hours and kilometres apart, twice a day. */
function hops({ card, plan, day }: Day, hours: number, northE6: number): Use[] {
  const startMs = dayStartMs(plan, day) + 6 * HOUR_MS;
  return [0, northE6, 0].map((north, i) => {
    const use = useOf(card, startMs + i * hours * HOUR_MS);
    putVolume(use, 5_000);
    use.latE6 = card.homeLatE6 + north;
    use.lonE6 = card.homeLonE6;
    use.accuracyM = 100;
    return use;
  });
}

/** Cards abroad and cards in two places, and all that looks so. */
export const PLACE_SCRIPTS: readonly Script[] = [
  misuse(REGION, 'left-its-region', { needs: ['network'], classes: ANY, uses: afterTurn(abroad) }),
  misuse(REGION, 'one-day-abroad', {
    needs: ['network'],
    classes: ANY,
    uses: afterTurn((use, day) => {
      if (day.day <= day.card.turnDay + 1) abroad(use, day);
    }),
  }),
  lookAlike(REGION, 'no-country', 'on-a-satellite', {
    needs: ['network'],
    classes: ['vehicle', 'logistics', 'vessel'],
    uses: afterTurn(use => {
      use.plmn = '90114';
    }),
  }),
  lookAlike(REGION, 'border-network', 'at-the-border', {
    needs: ['network'],
    classes: ['logistics', 'agriculture'],
    own: () => ({ regions: '460 45204' }),
    uses: afterTurn((use, { luck }) => {
      if (luck.next() < 0.6) use.plmn = '45204';
    }),
  }),
  lookAlike(REGION, null, 'roams-at-home', {
    needs: ['network'],
    classes: ANY,
    uses: afterTurn((use, { luck }) => {
      use.plmn = luck.pick(['46000', '46001', '46011']);
    }),
  }),
  misuse(TRAVEL, 'in-two-places', {
    needs: ['place'],
    classes: ['vehicle', 'logistics', 'agriculture', 'other'],
    uses: fromTurn(day => further(day, 900_000, FAR_E6)),
    watch: card => use => use.atMs >= card.turnMs && use.latE6 - card.homeLatE6 > FAR_E6 / 2,
  }),
  misuse(TRAVEL, 'copied-beside-a-wrong-clock', {
    needs: ['place'],
    classes: STILL,
    isPunctual: true,
    // The copy reports once without its time and once with it.
    uses: day => {
      if (day.day <= day.card.turnDay) return day.usual;
      const early = { ...further(day, 600_000, FAR_E6), statedMs: null };
      return [...day.usual, further(day, 1_200_000, FAR_E6), early];
    },
    watch: card => use =>
      use.statedMs !== null && use.atMs >= card.turnMs && use.latE6 - card.homeLatE6 > FAR_E6 / 2,
  }),
  lookAlike(TRAVEL, 'aircraft-or-ship', 'flies', {
    needs: ['place'],
    classes: ['aircraft', 'vessel'],
    uses: day => hops(day, 1, 16_000_000),
  }),
  lookAlike(TRAVEL, 'state.moved', 'told-without-its-time', {
    needs: ['place'],
    classes: STILL,
    isPunctual: true,
    uses: betweenHomes({ statedMs: null }),
  }),
  lookAlike(TRAVEL, 'state.moved', 'told-with-a-wrong-clock', {
    needs: ['place'],
    classes: STILL,
    isPunctual: true,
    uses: betweenHomes({ statedMs: 86_400_000 }),
  }),
  lookAlike(TRAVEL, 'state.moved', 'vague-place', {
    needs: ['place'],
    classes: STILL,
    uses: betweenHomes({ accuracyM: 400_000 }),
  }),
  lookAlike(TRAVEL, null, 'drives-far', {
    needs: ['place'],
    classes: ['logistics'],
    uses: day => hops(day, 8, 5_000_000),
  }),
  lookAlike(TRAVEL, null, 'neighbouring-cells', {
    needs: ['place'],
    classes: STILL,
    uses: fromTurn(day => further(day, 20_000, 600_000)),
  }),
];
