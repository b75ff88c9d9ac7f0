import type { Operator, OperatorState } from './operator.ts';

interface Place extends OperatorState {
  latE6: number | null;
  lonE6: number;
  accuracyM: number;
  atMs: number;
  metres: number | null;
  tookMs: number;
}

/** Mean radius of the Earth in metres (IUGG, R1). */
const EARTH_M = 6_371_009;

/**
 * `travel`: how far and how fast the key moved since the record before it that had a place.
 *
 * Places are degrees × 10^6; the distance is the great circle's on a sphere, less the accuracy radii of both
 * places, never below 0, rounded down to metres. Less than a second counts as one. The place before is
 * forgotten after the look-back. A place that is not on the globe is none; a radius counts up to half the
 * Earth's circumference. Writes `<name>M`: int, metres, `<name>Kmh`: int, rounded down, both absent
 * for a first record and for one without a place.
 */
export function openTravel(name: string, lookBackMs: number): Operator {
  return {
    outputs: { [`${name}M`]: 'int', [`${name}Kmh`]: 'int' },
    lookBackMs,
    mostEntries: 6,
    open: (): Place => ({ latE6: null, lonE6: 0, accuracyM: 0, atMs: 0, metres: null, tookMs: 0 }),
    take: (state, atMs, [latE6, lonE6, accuracyM]) => {
      const place = state as Place;
      if (typeof latE6 !== 'number' || typeof lonE6 !== 'number' || !isPlace(latE6, lonE6)) return false;
      place.metres = null;
      const radius = boundedRadius(typeof accuracyM === 'number' ? accuracyM : 0);
      if (place.latE6 !== null && atMs - place.atMs <= lookBackMs) {
        const apart = metresBetween(place.latE6, place.lonE6, latE6, lonE6);
        place.metres = Math.max(0, Math.floor(apart - radius - place.accuracyM));
        place.tookMs = Math.max(1000, atMs - place.atMs);
      }
      place.latE6 = latE6;
      place.lonE6 = lonE6;
      place.accuracyM = radius;
      place.atMs = atMs;
      return true;
    },
    show: (state, _atMs, taken, view) => {
      const place = state as Place;
      const metres = taken && place.metres !== null ? place.metres : undefined;
      view[`${name}M`] = metres;
      view[`${name}Kmh`] = metres === undefined ? undefined : Math.floor((metres * 3600) / place.tookMs);
    },
  };
}

/** Most whole degrees × 10^6 of a place, north or south, east or west. */
export const MOST_LAT_E6 = 90_000_000;
export const MOST_LON_E6 = 180_000_000;

/** Whether whole degrees × 10^6 name a place; false for NaN. */
export function isPlace(latE6: number, lonE6: number): boolean {
  return Math.abs(latE6) <= MOST_LAT_E6 && Math.abs(lonE6) <= MOST_LON_E6;
}

/** A radius in metres that is positive and no longer than half way round; 0 for anything else. */
export function boundedRadius(accuracyM: number): number {
  return accuracyM > 0 ? Math.min(accuracyM, 20_015_087) : 0;
}

/** Haversine distance of two places in degrees × 10^6. */
export function metresBetween(latA: number, lonA: number, latB: number, lonB: number): number {
  const radians = (e6: number): number => (e6 / 1e6 / 180) * Math.PI;
  const half = (x: number): number => Math.sin(x / 2) ** 2;
  const h =
    half(radians(latB - latA)) +
    Math.cos(radians(latA)) * Math.cos(radians(latB)) * half(radians(lonB - lonA));
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}
