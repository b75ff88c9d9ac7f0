import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceRights } from './rights.ts';
import { covers, faultOfFilter, faultOfPattern, patternFor } from './topics.ts';

describe('a pattern of topics', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/c', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/+', true],
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['a/+', 'a/#', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a/+/c', true],
    ['a/#', 'a/#', true],
    ['a/#', '#', false],
    ['a/#', '+/b', false],
    ['a/b', '+/b', false],
    ['+/b', 'a/b', true],
    ['#', '#', true],
    ['', 'a', false],
    ['a/', 'a', false],
    ['a//b', 'a//b', true],
  ])('%s covers %s: %s', (pattern, filter, does) => {
    expect(covers(pattern, filter)).toBe(does);
  });

  it('that covers a filter matches every topic the filter matches (I-18)', () => {
    const level = fc.constantFrom('a', 'b', '');
    const filter = fc.tuple(
      fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
    );
    const text = ([levels, isOpen]: [string[], boolean]) => [...levels, ...(isOpen ? ['#'] : [])].join('/');
    // By the words of the standard, in another way than `covers` goes.
    const matches = (one: string, topic: string): boolean => {
      const escaped = one
        .split('/')
        .map(each => (each === '+' ? '[^/]*' : each === '#' ? '.*' : each))
        .join('/');
      return new RegExp(`^${escaped.replace(/\/\.\*$/, '(/.*)?')}$`).test(topic);
    };
    fc.assert(
      fc.property(filter, filter, fc.array(level, { minLength: 1, maxLength: 5 }), (wide, narrow, topic) => {
        const [w, n, t] = [text(wide), text(narrow), topic.join('/')];
        expect(covers(w, t)).toBe(matches(w, t));
        if (covers(w, n) && matches(n, t)) expect(matches(w, t)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('has the device put in literally (I-17, IR-18)', () => {
    const holder = { product: 'meter-3', serial: 'A1' };
    expect(patternFor('p/{product}/{serial}/{device}/x-{serial}', holder)).toBe(
      'p/meter-3/A1/meter-3:A1/x-A1',
    );
    expect(patternFor('{serial}', { product: '{serial}', serial: '{product}' })).toBe('{product}');
  });

  it.each([
    ['', 'length'],
    ['a'.repeat(257), 'length'],
    ['a/'.repeat(16), 'length'],
    ['a\0b', 'characters'],
    ['a\nb', 'characters'],
    ['a/b#', 'wildcard'],
    ['a/#/b', 'wildcard'],
    ['a+/b', 'wildcard'],
    ['$SYS/x', 'reserved'],
    ['$share/g/a', 'reserved'],
    ['a/{model}', 'place'],
    ['a/{device', 'place'],
  ])('%j is refused: %s', (pattern, what) => {
    expect(faultOfPattern(pattern)).toBe(what);
  });

  it('gives nothing where there is none (I-19, IR-19)', () => {
    for (const rights of [undefined, { publish: [], subscribe: [] }]) {
      const device = new DeviceRights('m:A', rights);
      expect([device.mayPublish('a'), device.maySubscribe('a'), device.mayReceive('a')]).toEqual([
        ...[false, false, false],
      ]);
    }
  });

  it('never lets a filter be published to, or what is the broker’s own be had', () => {
    const device = new DeviceRights('m:A', { publish: ['#'], subscribe: ['#'] });
    expect(['a/b', 'a/+', '#', '$SYS/a'].map(topic => device.mayPublish(topic))).toEqual([
      ...[true, false, false, false],
    ]);
    expect(['a/+', '$SYS/#', '$share/g/#'].map(filter => device.maySubscribe(filter))).toEqual([
      ...[true, false, false],
    ]);
    expect(faultOfFilter('a/b')).toBeNull();
  });
});
