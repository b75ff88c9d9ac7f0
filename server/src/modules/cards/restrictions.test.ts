import { describe, expect, it } from 'vitest';
import type { DatedFact } from '../../spine/contribution.ts';
import { boundAt } from './restrictions.ts';

function fact(kind: string, body: DatedFact['body'], place: Partial<DatedFact> = {}): DatedFact {
  return { kind, body, fromMs: -Infinity, toMs: Infinity, distance: 0, linkKind: null, ...place };
}
const contract = { distance: 1, linkKind: 'under' };
const pool = { distance: 1, linkKind: 'in' };

describe('the terms in force', () => {
  it('a card without facts is bound by nothing', () => {
    expect(boundAt([], 0)).toEqual({ swapWindow: false });
  });

  it('the card’s own fact overrides its contract’s, term by term, in whatever order they come', () => {
    const own = fact('restriction', { capBytes: 5, mccs: ['262'] });
    const theirs = fact('restriction', { capBytes: 9, smsAllowed: false, class: 'industry' }, contract);
    const merged = { capBytes: 5, mccs: ['262'], smsAllowed: false, class: 'industry', swapWindow: false };
    expect(boundAt([own, theirs], 0)).toEqual(merged);
    expect(boundAt([theirs, own], 0)).toEqual(merged);
  });

  it.each([
    [999, undefined],
    [1_000, 7],
    [1_999, 7],
    [2_000, undefined],
  ])('at %d a restriction of [1000, 2000) gives %s', (atMs, capBytes) => {
    const terms = boundAt([fact('restriction', { capBytes: 7 }, { fromMs: 1_000, toMs: 2_000 })], atMs);
    expect(terms.capBytes).toBe(capBytes);
  });

  it('where two of the same distance overlap, the later beginning wins, and of equal ones the later recorded', () => {
    const old = fact('restriction', { capBytes: 1, capWindow: 'month' }, { fromMs: 0 });
    const amended = fact('restriction', { capBytes: 2 }, { fromMs: 50 });
    expect(boundAt([amended, old], 60)).toMatchObject({ capBytes: 2, capWindow: 'month' });
    expect(boundAt([amended, old], 40)).toMatchObject({ capBytes: 1 });
    const corrected = fact('restriction', { capBytes: 3 }, { fromMs: 50 });
    expect(boundAt([old, amended, corrected], 60)).toMatchObject({ capBytes: 3 });
  });

  it('a retired fact is not handed over, so what it overrode holds again', () => {
    const theirs = fact('restriction', { capBytes: 9 }, contract);
    expect(boundAt([theirs, fact('restriction', { capBytes: 5 })], 0)).toMatchObject({ capBytes: 5 });
    expect(boundAt([theirs], 0)).toMatchObject({ capBytes: 9 });
  });

  it('bound devices, those of the pool and those listed add up; ended ones do not count', () => {
    const facts = [
      fact('binding/35752007426533', {}, { toMs: 100 }),
      fact('binding/86012345000001', {}),
      fact('pool-device/35209900176148', { pool: 'depot-7' }, pool),
      fact('restriction', { imeis: ['11111111111111'] }, contract),
    ];
    expect(boundAt(facts, 0)).toMatchObject({
      imeis: ['11111111111111', '35209900176148', '35752007426533', '86012345000001'],
      imeiPool: 'depot-7',
    });
    expect(boundAt(facts, 100).imeis).not.toContain('35752007426533');
  });

  it('the nearest list of devices replaces a farther one', () => {
    const facts = [fact('restriction', { imeis: ['a'] }, contract), fact('restriction', { imeis: ['b'] })];
    expect(boundAt(facts, 0).imeis).toEqual(['b']);
  });

  it('a swap window holds between its edges only, and the same facts may be asked for any moment', () => {
    const facts = Object.freeze([fact('swap-window', {}, { fromMs: 10, toMs: 20 })]);
    expect([9, 10, 19, 20].map(atMs => boundAt(facts, atMs).swapWindow)).toEqual([false, true, true, false]);
  });

  it('a term of another type, or a swap window stated as a term, is passed over', () => {
    const odd = fact('restriction', {
      capBytes: '5',
      mccs: [262],
      smsAllowed: 'no',
      swapWindow: true,
      other: 1,
    });
    expect(boundAt([odd], 0)).toEqual({ swapWindow: false });
  });
});
