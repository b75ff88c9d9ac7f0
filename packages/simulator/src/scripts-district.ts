import { NINE } from './classes.ts';
import { deviceKey, MODELS } from './devices.ts';
import type { Day, Script, SimulatedCard, Use } from './model.ts';
import { DAY_MS } from './plan.ts';
import { addedFromTurn, addedOnTurn, further, lookAlike, misuse } from './script.ts';
import { putVolume } from './use.ts';

const SENSITIVE = 'sensitive-area';
const DISTRICT = 'district-breach';
const FENCE = 'fence-breach';
const HANDSET_DATA = 'handset-data-in-sensitive-area';
const HANDSET = 'handset-tac';
const ANY = NINE;
const BENCH = ['test-bench'];
/** Classes whose usual records lie at home or tell no place. */
const STILL = ['public-service', 'retail', 'smart-home', 'agriculture', 'industry', 'medical', 'other'];
const FAR = '530102';
/** Some twenty kilometres of latitude. */
const AWAY_E6 = 180_000;

const data = (day: Day, change: Partial<Use>, times: number): Use[] =>
  further(day, 12, change, times, 90).map(use => {
    putVolume(use, 900);
    return use;
  });
const twice = (change: Partial<Use>) => addedFromTurn(day => data(day, change, 2));
const once = (change: Partial<Use>) => addedOnTurn(day => data(day, change, 1));
/** The second record that is `told` within a day. */
const second = (told: (use: Use) => boolean) => () => {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (use: Use): boolean => {
    if (!told(use)) return false;
    const isSecond = use.atMs - lastMs < 0.9 * DAY_MS;
    lastMs = use.atMs;
    return isSecond;
  };
};
const inArea = { classes: ANY, needs: ['area'] } as const;
const listed = () => ({ sensitive_areas: '53' });
const within = () => ({ areas: '3101 32' });
const inHandset = { ...inArea, tac: MODELS.handset } as const;
const boundTo = (card: SimulatedCard) => ({
  bindings: [{ iccid: card.iccid, imei: deviceKey(card.imeisv) }],
});

const degrees = (e6: number): string => (e6 / 1_000_000).toFixed(6);
const fenced = (card: SimulatedCard) => ({
  fence_latitude: degrees(card.homeLatE6),
  fence_longitude: degrees(card.homeLonE6),
  fence_radius_m: '3000',
});
const away = (change: Partial<Use>, times: number) => (day: Day) =>
  data(day, {}, times).map(use =>
    Object.assign(use, {
      latE6: day.card.homeLatE6 + AWAY_E6,
      lonE6: day.card.homeLonE6,
      accuracyM: 60,
      ...change,
    }),
  );
const inPlace = { classes: STILL, needs: ['place'] } as const;

/** Cards in districts and beyond fences where they should not be, and all that looks so. */
export const DISTRICT_SCRIPTS: readonly Script[] = [
  misuse(SENSITIVE, 'in-a-sensitive-area', {
    ...inArea,
    own: listed,
    uses: twice({ area: FAR }),
    watch: second(use => use.area === FAR),
  }),
  lookAlike(SENSITIVE, 'passing-by', 'passed-a-sensitive-area', {
    ...inArea,
    own: listed,
    uses: once({ area: FAR }),
  }),
  lookAlike(SENSITIVE, 'area-agreed', 'works-in-a-sensitive-area', {
    ...inArea,
    own: () => ({ ...listed(), areas: FAR }),
    uses: twice({ area: FAR }),
  }),
  misuse(DISTRICT, 'left-its-districts', {
    ...inArea,
    own: within,
    uses: twice({ area: '330102' }),
    watch: second(use => use.area !== ''),
  }),
  lookAlike(DISTRICT, 'passing-by', 'a-cell-of-the-next-district', {
    ...inArea,
    own: within,
    uses: once({ area: '330102' }),
  }),
  lookAlike(DISTRICT, 'test-bench', 'bench-elsewhere', {
    ...inArea,
    classes: BENCH,
    own: within,
    uses: twice({ area: '330102' }),
  }),
  lookAlike(DISTRICT, null, 'within-its-districts', {
    ...inArea,
    own: within,
    uses: twice({ area: '320505' }),
  }),
  misuse(FENCE, 'left-its-fence', {
    ...inPlace,
    own: fenced,
    uses: addedFromTurn(away({}, 2)),
    watch: card => second(use => use.latE6 > card.homeLatE6 + AWAY_E6 / 2)(),
  }),
  lookAlike(FENCE, 'passing-by', 'one-place-beyond', {
    ...inPlace,
    own: fenced,
    uses: addedOnTurn(away({}, 1)),
  }),
  lookAlike(FENCE, 'vague-place', 'as-vague-as-its-cell', {
    ...inPlace,
    own: fenced,
    uses: addedFromTurn(away({ accuracyM: 30_000 }, 2)),
  }),
  lookAlike(FENCE, 'uncertain-time', 'places-of-1970', {
    ...inPlace,
    isPunctual: true,
    own: fenced,
    uses: addedFromTurn(away({ statedMs: DAY_MS }, 2)),
  }),
  misuse(HANDSET_DATA, 'handset-in-a-sensitive-area', {
    ...inHandset,
    own: listed,
    also: [HANDSET, SENSITIVE],
    begins: 'start',
    uses: twice({ area: FAR }),
    watch: () => use => use.area === FAR,
  }),
  lookAlike(HANDSET_DATA, 'handset-agreed', 'agreed-handset-passes', {
    ...inHandset,
    own: () => ({ ...listed(), handset: 'yes' }),
    uses: once({ area: FAR }),
  }),
  lookAlike(HANDSET_DATA, 'bound-device', 'its-handset-passes', {
    ...inHandset,
    own: () => ({ ...listed(), handset: 'no' }),
    rows: boundTo,
    uses: once({ area: FAR }),
  }),
  lookAlike(HANDSET_DATA, 'bound-model', 'its-handset-model-passes', {
    ...inHandset,
    own: () => ({ ...listed(), handset: 'no', tacs: MODELS.handset }),
    uses: once({ area: FAR }),
  }),
  lookAlike(HANDSET_DATA, 'area-agreed', 'bench-handset-where-agreed', {
    ...inHandset,
    classes: BENCH,
    own: () => ({ ...listed(), handset: 'no', areas: '53' }),
    uses: twice({ area: FAR }),
  }),
];
