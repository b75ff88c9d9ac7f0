/** A seeded source of chance (mulberry32): the same seed gives the same fleet on every machine. */
export interface Chance {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [least, most]. */
  between(least: number, most: number): number;
  pick<T>(from: readonly T[]): T;
}

export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: from => from[Math.floor(next() * from.length)] as (typeof from)[number],
  };
}

/** One seed out of several numbers, each of which changes it throughout. */
export function mixed(a: number, b: number, c: number): number {
  return stir(stir(stir(0x9e3779b9, a), b), c) >>> 0;
}

function stir(state: number, part: number): number {
  let mixing = Math.imul(state ^ part, 0x85ebca6b);
  mixing ^= mixing >>> 13;
  mixing = Math.imul(mixing, 0xc2b2ae35);
  return mixing ^ (mixing >>> 16);
}
