import { describe, expect, it } from 'vitest';
import { TakenIn, type Turn } from './taken-in.ts';

const turn = (horizonXid: bigint, positionXid = 0n): Turn => ({
  xids: new Map([
    [1, 10n],
    [2, 20n],
  ]),
  horizonXid,
  positionXid,
});
const record = (chunkId: number, observedAtMs: number, claim = 'iccid:1') => ({
  chunkId,
  observedAtMs,
  claim,
});

describe('records that were read before their turn', () => {
  it('are those of chunks below the horizon, from the moment on that was judged', () => {
    const taken = new TakenIn<number>();
    taken.note(7, { fromMs: 500 }, false, turn(15n));
    expect(taken.holds(7, record(1, 500), turn(30n))).toBe(true);
    expect(taken.holds(7, record(1, 499), turn(30n))).toBe(false);
    expect(taken.holds(7, record(2, 900), turn(30n))).toBe(false);
    expect(taken.holds(8, record(1, 500), turn(30n))).toBe(false);
    expect(taken.holds(7, record(3, 500), turn(30n))).toBe(false);
  });

  it('are not those of a chunk at the horizon, for its transaction may have been under way', () => {
    const taken = new TakenIn<number>();
    taken.note(7, { fromMs: 0 }, false, turn(10n));
    expect(taken.holds(7, record(1, 500), turn(30n))).toBe(false);
  });

  it('of a key are those of the claims that were looked under', () => {
    const taken = new TakenIn<string>();
    taken.note('imei', { fromMs: 0, claims: new Set(['iccid:1']) }, false, turn(15n));
    expect(taken.holds('imei', record(1, 1, 'iccid:1'), turn(30n))).toBe(true);
    expect(taken.holds('imei', record(1, 1, 'iccid:2'), turn(30n))).toBe(false);
  });

  it('stay so when more is read later, from an earlier moment or a later one', () => {
    const taken = new TakenIn<number>();
    taken.note(7, { fromMs: 100 }, false, turn(15n));
    taken.note(7, { fromMs: 600 }, false, turn(25n));
    expect(taken.holds(7, record(1, 200), turn(30n))).toBe(true);
    expect(taken.holds(7, record(2, 700), turn(30n))).toBe(true);
    expect(taken.holds(7, record(2, 200), turn(30n))).toBe(false);
    taken.note(7, { fromMs: 50 }, false, turn(28n));
    expect(taken.holds(7, record(2, 200), turn(30n))).toBe(true);
  });

  it('of which the past changed are only those read since', () => {
    const taken = new TakenIn<number>();
    taken.note(7, { fromMs: 100 }, false, turn(15n));
    taken.note(7, { fromMs: 600 }, true, turn(25n));
    expect(taken.holds(7, record(1, 200), turn(30n))).toBe(false);
    expect(taken.holds(7, record(1, 700), turn(30n))).toBe(true);
  });

  it('are forgotten, and never more are kept than was said', () => {
    const taken = new TakenIn<number>(10);
    for (let id = 0; id < 8; id += 1) taken.note(id, { fromMs: 0 }, false, turn(15n));
    for (let id = 8; id < 40; id += 1) {
      taken.note(id, { fromMs: 0 }, false, turn(25n, 15n));
      expect(taken.size).toBeLessThanOrEqual(10);
      expect(taken.holds(id, record(1, 1), turn(30n))).toBe(true);
    }
    expect(taken.holds(0, record(1, 1), turn(30n))).toBe(false);
    taken.forget(39);
    expect(taken.holds(39, record(1, 1), turn(30n))).toBe(false);
    taken.clear();
    expect(taken.size).toBe(0);
  });
});
