import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MetPanes } from './met-panes.ts';
import { Texts } from './texts.ts';

const digits = fc.stringMatching(/^[0-9]{0,20}$/);
const texts = fc.oneof(
  digits,
  fc
    .tuple(fc.constantFrom('subject/', 'party/7/imei/', '/', 'a', 'IMEI '), digits)
    .map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', '0', '00000', '000000', '12345\u0661', '\ud800', 'subject/00012', '99999/99999'),
);

describe('texts by number', () => {
  test('each text has one number and each number its text, however they are packed', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 300 }), fc.integer(), (list, seed) => {
        const table = new Texts(seed);
        const known = new Map<string, number>();
        for (const text of [...list, ...list]) {
          const id = table.idOf(text);
          expect(id).toBe(known.get(text) ?? known.size + 1);
          known.set(text, id);
        }
        expect([...table]).toEqual([...known.keys()]);
        for (const [text, id] of known) {
          const bytes = new Uint8Array(table.lengthOf(id) + 2);
          expect(table.copyTo(id, bytes, 1)).toBe(1 + table.lengthOf(id));
          expect(table.idOfBytes(bytes, 1, bytes.length - 1)).toBe(id);
          // A lone surrogate has no bytes of its own in UTF-8 as others write it.
          if (text.isWellFormed())
            expect(Buffer.from(bytes.subarray(1, bytes.length - 1)).toString()).toBe(text);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('more beginnings than can be named are kept as they are', () => {
    const table = new Texts(7);
    const list = Array.from({ length: 1_000 }, (_none, i) => `kind-${i % 400}/${100_000 + i}`);
    const ids = list.map(text => table.idOf(text));
    expect(ids.map(id => table.textOf(id))).toEqual(list);
    expect(list.map(text => table.idOf(text))).toEqual(ids);
  });

  test('a table that has grown past many sizes finds all it held', () => {
    const table = new Texts(3);
    for (let i = 0; i < 50_000; i += 1) expect(table.idOf(`8699${10_000_000 + i * 37}`)).toBe(i + 1);
    for (let i = 0; i < 50_000; i += 991) expect(table.textOf(i + 1)).toBe(`8699${10_000_000 + i * 37}`);
    expect(table.sizeBytes / table.size).toBeLessThan(24);
  });
});

describe('panes of keys that met a rule', () => {
  test('are set, moved and cleared as in a map', () => {
    const deeds = fc.array(fc.tuple(fc.constantFrom('set', 'clear'), fc.nat(200), fc.nat(30_000)), {
      maxLength: 400,
    });
    fc.assert(
      fc.property(deeds, list => {
        const met = new MetPanes();
        const map = new Map<number, number>();
        for (const [deed, slot, pane] of list) {
          if (deed === 'set') {
            met.set(slot + 1, pane);
            map.set(slot + 1, pane);
          } else {
            met.clear(slot + 1);
            map.delete(slot + 1);
          }
          expect(met.size).toBe(map.size);
        }
        for (let slot = 1; slot <= 201; slot += 1) expect(met.paneOf(slot)).toBe(map.get(slot) ?? -1);
      }),
    );
  });
});
