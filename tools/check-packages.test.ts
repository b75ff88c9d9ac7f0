import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PlantedTree, plantedTree } from './planted-tree.ts';

const SOUND = { version: '1.2.3', integrity: `sha512-${'A'.repeat(86)}==`, license: 'MIT' };

let tree: PlantedTree;
beforeEach(() => {
  tree = plantedTree();
});
afterEach(() => tree.remove());

function planted(locked: object, version = '1.2.3'): void {
  tree.write({
    'package.json': JSON.stringify({ name: 'planted', dependencies: { thing: version } }),
    'package-lock.json': JSON.stringify({
      packages: { '': {}, 'node_modules/thing': { ...SOUND, ...locked } },
    }),
  });
}

describe('packages', () => {
  test('that are pinned, hashed and of a known licence pass', () => {
    planted({});
    const { status, out } = tree.check('packages');
    expect(out).toContain('1 looked at, 0 faults');
    expect(status).toBe(0);
  });

  test.each<[string, object, string]>([
    ['without a digest', { integrity: undefined }, 'has no SHA-512'],
    ['with a weak digest', { integrity: 'sha1-AAAA' }, 'has no SHA-512'],
    ['out of a repository', { resolved: 'git+ssh://git@example.org/a.git#1' }, 'comes from git+ssh'],
    ['under another licence', { license: 'AGPL-3.0' }, 'is under AGPL-3.0'],
    ['under no licence', { license: undefined }, 'no licence it names'],
    ['with a script', { hasInstallScript: true }, 'runs a script when installed'],
    ['under MPL, to run the server', { license: 'MPL-2.0' }, 'is under MPL-2.0'],
  ])('%s are refused', (_, locked, fault) => {
    planted(locked);
    const { status, out } = tree.check('packages');
    expect(out).toContain(fault);
    expect(status).toBe(1);
  });

  test('of a range of versions are refused', () => {
    planted({}, '^1.2.3');
    expect(tree.check('packages').out).toContain('no exact version');
  });
});
