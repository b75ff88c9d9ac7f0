/**
 * How cards of a class are usually used. `burstBytes` is what the shipped catalogue of classes says, which
 * the volumes here are measured by; hours are those of the day in China at which it is used.
 */
export interface ClassProfile {
  readonly id: string;
  /** Share of the innocent cards; 0 for a class that only scripts use. */
  readonly weight: number;
  readonly burstBytes: number;
  readonly hours: readonly number[];
  readonly usesPerDay: readonly [least: number, most: number];
  /** What a weekend leaves of the uses; never fewer than one. */
  readonly weekend: number;
  readonly places: 'none' | 'still' | 'moving';
}

const hours = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const MB = 1_000_000;

/** The nine industry classes of the Chinese card standards, and three kinds that exemptions are made for. */
export const CLASSES: readonly ClassProfile[] = [
  {
    id: 'vehicle',
    weight: 14,
    burstBytes: 5_000 * MB,
    hours: [6, 7, 8, 9, 11, 13, 16, 17, 18, 19, 20],
    usesPerDay: [2, 4],
    weekend: 0.6,
    places: 'moving',
  },
  {
    id: 'public-service',
    weight: 18,
    burstBytes: 500 * MB,
    hours: [0, 4, 8, 12, 16, 20],
    usesPerDay: [1, 3],
    weekend: 1,
    places: 'none',
  },
  {
    id: 'retail',
    weight: 10,
    burstBytes: 200 * MB,
    hours: hours(9, 21),
    usesPerDay: [2, 4],
    weekend: 1.3,
    places: 'none',
  },
  {
    id: 'smart-home',
    weight: 12,
    burstBytes: 1_000 * MB,
    hours: [6, 7, 8, 12, 17, 18, 19, 20, 21, 22, 23],
    usesPerDay: [1, 3],
    weekend: 1.4,
    places: 'none',
  },
  {
    id: 'agriculture',
    weight: 8,
    burstBytes: 200 * MB,
    hours: [2, 5, 8, 11, 14, 17, 20, 23],
    usesPerDay: [1, 2],
    weekend: 1,
    places: 'still',
  },
  {
    id: 'industry',
    weight: 12,
    burstBytes: 1_000 * MB,
    hours: hours(7, 18),
    usesPerDay: [2, 3],
    weekend: 0.3,
    places: 'none',
  },
  {
    id: 'medical',
    weight: 6,
    burstBytes: 500 * MB,
    hours: hours(6, 22),
    usesPerDay: [2, 3],
    weekend: 0.8,
    places: 'none',
  },
  {
    id: 'logistics',
    weight: 12,
    burstBytes: 200 * MB,
    hours: hours(0, 23),
    usesPerDay: [2, 4],
    weekend: 0.7,
    places: 'moving',
  },
  {
    id: 'other',
    weight: 8,
    burstBytes: 2_000 * MB,
    hours: hours(0, 23),
    usesPerDay: [1, 3],
    weekend: 1,
    places: 'still',
  },
  {
    id: 'aircraft',
    weight: 0,
    burstBytes: 2_000 * MB,
    hours: hours(5, 22),
    usesPerDay: [2, 3],
    weekend: 1,
    places: 'still',
  },
  {
    id: 'vessel',
    weight: 0,
    burstBytes: 2_000 * MB,
    hours: hours(0, 23),
    usesPerDay: [1, 2],
    weekend: 1,
    places: 'still',
  },
  {
    id: 'test-bench',
    weight: 0,
    burstBytes: 50_000 * MB,
    hours: hours(8, 19),
    usesPerDay: [2, 3],
    weekend: 0.3,
    places: 'none',
  },
];

const byId = new Map(CLASSES.map(profile => [profile.id, profile]));
/** The nine classes by their share. */
const shares = CLASSES.flatMap(profile => Array.from({ length: profile.weight }, () => profile.id));

export function classNamed(id: string): ClassProfile {
  return byId.get(id) as ClassProfile;
}

/** The class of an innocent card; `draw` lies in [0, 1). */
export function usualClass(draw: number): string {
  return shares[Math.floor(draw * shares.length)] as string;
}

/** Every class that cards of the street have. */
export const NINE: readonly string[] = CLASSES.filter(profile => profile.weight > 0).map(({ id }) => id);
