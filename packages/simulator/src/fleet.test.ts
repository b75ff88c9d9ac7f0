import { describe, expect, it } from 'vitest';
import { MISUSE, makeFleet } from './fleet.ts';
import { withLuhn } from './numbers.ts';
import { tablesOf } from './tables.ts';

const plan = { seed: 7, cards: 36, days: 6, endMs: Date.UTC(2026, 10, 20) };

describe('the small fleet', () => {
  it('is the same fleet for the same seed and another for another', () => {
    expect(makeFleet(plan)).toEqual(makeFleet(plan));
    expect(makeFleet({ ...plan, seed: 8 }).cards[0]?.iccid).not.toBe(makeFleet(plan).cards[0]?.iccid);
  });

  it('tells the truth of every planted misuse with the moment it began, and of no look-alike', () => {
    const fleet = makeFleet(plan);
    const planted = fleet.cards.filter(card => MISUSE.has(card.plant)).map(card => card.iccid);
    expect(fleet.truth.map(truth => truth.iccid)).toEqual(planted);
    for (const truth of fleet.truth)
      expect(truth.sinceMs).toBeGreaterThan(plan.endMs - plan.days * 86_400_000);
  });

  it('gives each card its own ICCID with a right check digit', () => {
    const { cards } = makeFleet(plan);
    expect(new Set(cards.map(card => card.iccid)).size).toBe(cards.length);
    for (const { iccid } of cards) expect(withLuhn(iccid.slice(0, -1))).toBe(iccid);
  });

  it('writes one usage row for each record', () => {
    const fleet = makeFleet(plan);
    expect(tablesOf(fleet).usage.trimEnd().split('\n')).toHaveLength(fleet.usage.length + 1);
  });
});
