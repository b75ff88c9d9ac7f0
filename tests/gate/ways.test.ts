/**
 * C-01, L-52 as an attacker on the whole server: ways to get a card into use without a passed assessment or a verified
 * holder. None works, and each leaves a record. What anybody's SQL alone comes to is in attacks.test.ts.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LIFTING_WAYS } from './ways-of-lifting.ts';
import { REQUEST_WAYS } from './ways-of-requests.ts';
import { CLOCK_WAYS, DATABASE_WAYS, OUTSIDE_WAYS } from './ways-outside.ts';
import { openWays, records, type Way, type WaysScene, wronglyActive } from './ways-scene.ts';

const WAYS: readonly Way[] = [
  ...REQUEST_WAYS,
  ...OUTSIDE_WAYS,
  ...LIFTING_WAYS,
  ...DATABASE_WAYS,
  ...CLOCK_WAYS,
];
let scene: WaysScene;
let recorded = 0;
let tried = 0;

beforeAll(async () => {
  scene = await openWays();
}, 300_000);
afterAll(() => scene?.close());

test.each(WAYS)(
  '%s: no card is in use, and there is a record',
  async (_name, attack) => {
    const before = await records(scene);
    const said = await attack(scene);
    tried += 1;
    expect(await wronglyActive(scene)).toEqual([]);
    const after = await records(scene);
    const isTold = typeof said === 'string' && /^\d[0-9A-Z]{4}$/.test(said);
    const isRecorded = isTold || after.some((n, place) => n > (before[place] ?? 0));
    expect(isRecorded).toBe(true);
    recorded += 1;
  },
  60_000,
);

test('thirty ways and more were tried, none came through, and each left a record', async () => {
  const active = (await wronglyActive(scene)).length;
  console.log(`ways=${tried} active=${active} recorded=${recorded}`);
  expect(tried).toBeGreaterThanOrEqual(30);
  expect([active, recorded]).toEqual([0, tried]);
});
