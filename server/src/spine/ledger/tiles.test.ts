import { describe, expect, test } from 'vitest';
import { append, emptyEdge, type MadeTile, openUpperTiles } from './edge.ts';
import { entriesIn, framed, parseTilePath, tilePath, tilesOf, widthAt } from './tiles.ts';

/** The tile tables of C2SP tlog-tiles: full tiles by level, then the open ones. */
const TABLE: Array<[number, Record<number, number>, string[]]> = [
  [256, { 0: 1 }, ['tile/1/000.p/1']],
  [280, { 0: 1 }, ['tile/0/001.p/24', 'tile/1/000.p/1']],
  [65_536, { 0: 256, 1: 1 }, ['tile/2/000.p/1']],
  [70_000, { 0: 273, 1: 1 }, ['tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1']],
  [200_000, { 0: 781, 1: 3 }, ['tile/0/781.p/64', 'tile/1/003.p/13', 'tile/2/000.p/3']],
];

describe('tiles', () => {
  test.each(TABLE)('of a log of %i leaves are those of the specification', (size, full, open) => {
    const tiles = tilesOf(size);
    const counted: Record<number, number> = {};
    for (const tile of tiles) if (tile.width === 256) counted[tile.level] = (counted[tile.level] ?? 0) + 1;
    expect(counted).toEqual(full);
    expect(tiles.filter(tile => tile.width < 256).map(tilePath)).toEqual(open);
  });

  test('are made by appending exactly as the table says, each full one once', () => {
    const edge = emptyEdge();
    const made: MadeTile[] = [];
    const entry = Buffer.from('x');
    for (let i = 0; i < 70_000; i++) append(edge, entry, made);
    const full = made.filter(tile => tile.level >= 0).map(tilePath);
    const open = openUpperTiles(edge).map(tilePath);
    expect(new Set(full).size).toBe(full.length);
    const wanted = tilesOf(70_000)
      .map(tilePath)
      .filter(path => path !== 'tile/0/273.p/112');
    expect([...full, ...open].sort()).toEqual(wanted.sort());
    expect(made.filter(tile => tile.level < 0).length).toBe(273);
    expect(edge.levels[0]?.length).toBe(112);
  });

  test('have paths in groups of three digits', () => {
    expect(tilePath({ level: 0, n: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: -1, n: 5, width: 9 })).toBe('tile/entries/005.p/9');
    expect(parseTilePath('tile/0/x001/x234/067')).toEqual({ level: 0, n: 1_234_067, width: 256 });
    expect(parseTilePath('tile/entries/005.p/9')).toEqual({ level: -1, n: 5, width: 9 });
  });

  test.each([
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/x000/001',
    'tile/00/001',
    'tile/64/001',
    'tile/0/1',
    'tile/0/001/',
    'tile/0/../001',
    'tile/-1/001',
    'tile/entries/001.p/',
    'tile/0/001\n',
    '/tile/0/001',
  ])('have no other spelling: %j is refused', path => {
    expect(parseTilePath(path)).toBe(null);
  });

  test('have no width where the log has nothing', () => {
    expect(widthAt(0, 1, 256)).toBe(0);
    expect(widthAt(1, 0, 255)).toBe(0);
    expect(widthAt(-1, 1, 300)).toBe(44);
  });
});

describe('a bundle', () => {
  test('gives back the entries put into it, the largest included', () => {
    const entries = [Buffer.from('a'), Buffer.alloc(65_535, 7), Buffer.from('')];
    expect(entriesIn(Buffer.concat(entries.map(framed)))).toEqual(entries);
  });

  test('whose lengths do not add up is no bundle', () => {
    const whole = Buffer.concat([framed(Buffer.from('abc'))]);
    expect(entriesIn(whole.subarray(0, -1))).toBe(null);
    expect(entriesIn(Buffer.concat([whole, Buffer.of(0)]))).toBe(null);
    expect(() => framed(Buffer.alloc(65_536))).toThrow(RangeError);
  });
});
