import { expect, test } from 'vitest';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { Broken, type Fault } from '../measures/faulty-database.ts';
import { breakWrite } from './broken-writes.ts';
import { type CorridorScene, makeCorridorScene } from './corridor-scene.ts';

const [MOVED, MENDED, QUIET] = ['8986001234500000014', '8986001234500000022', '8986001234500000030'];
const [OWN, OTHER] = ['35752007426533', '86012345000001'];
const row = (iccid: string | undefined, imei: string | undefined, time: string) =>
  `${iccid},${imei},2026-11-${time}:00Z,10,10`;

interface Step {
  /** Writes that must have been broken, so that none was missed. */
  readonly least: number;
  go(scene: CorridorScene, database: Database): Promise<void>;
}
/** The position is taken over; findings, cases, clocks, orders, staged entries and the new position are one write. */
const judged: Step = { least: 2, go: (scene, database) => scene.judge(database) };
/** Its first and its last chunk. */
const registered = (name: string, text: string): Step => ({
  least: 2,
  go: (scene, database) => scene.register(database, name, text),
});
/** The batch is opened, its chunk accepted with what is put aside, and it is closed. */
const fed = (name: string, rows: readonly string[]): Step => ({
  least: 3,
  go: (scene, database) => scene.feed(database, name, rows),
});
const settled = (holding: string, mended: string | null): Step => ({
  least: 1,
  go: (scene, database) => scene.settle(database, holding, mended),
});
/** Entries, tiles and checkpoint; what follows, the file, is no write of the database. */
const sequenced: Step = { least: 1, go: (scene, database) => scene.sequence(database) };

/** The corridor's durable writes, in the order of a card's life; each can be done again after any fault. */
const STEPS: Readonly<Record<string, Step>> = {
  'cards are registered': registered(
    'cards',
    `iccid,class\n${[MOVED, MENDED, QUIET].join(',other\n')},other\n`,
  ),
  'records come, two of them unreadable': fed('a', [
    row(MOVED, OWN, '10T08:00'),
    row(MENDED, OWN, '10T08:00'),
    row(QUIET, OWN, '10T08:00'),
    row('8.98601E+18', OTHER, '10T10:00'),
    row('nonsense', OWN, '10T10:00'),
  ]),
  'they are judged and find nothing': judged,
  'a card is seen in another device': fed('b', [row(MOVED, OTHER, '10T12:00')]),
  'a finding, its case and clocks, an order': judged,
  'a record is mended and replayed': settled('8.98601E+18', row(MENDED, OTHER, '10T10:00')),
  'what was replayed is judged': judged,
  'another is discarded': settled('nonsense', null),
  'a late record tells of the other device earlier': fed('c', [row(MOVED, OTHER, '10T11:00')]),
  'the finding is withdrawn and another found': judged,
  'the feed goes on and one card is silent': fed('d', [
    row(MOVED, OTHER, '12T09:00'),
    row(MENDED, OTHER, '12T09:00'),
  ]),
  'the silence is found by the tick': judged,
  'a swap window is declared for the past': registered(
    'swap-windows',
    `iccid,from,to\n${MENDED},2026-11-10T00:00:00Z,2026-11-11T00:00:00Z\n`,
  ),
  'the change is withdrawn and a lifting proposed': judged,
  'what was staged is sequenced': sequenced,
};

/** Each step with its first write broken, then with its second, and so on until it comes through; how often each broke. */
async function disturbed(scene: CorridorScene, fault: Fault): Promise<Record<string, number>> {
  const breaks: Record<string, number> = {};
  for (const [name, step] of Object.entries(STEPS)) {
    for (let n = 1; ; n += 1) {
      const broken = breakWrite(scene.database, n, fault);
      const error: unknown = await step.go(scene, broken).then(
        () => null,
        cause => cause,
      );
      if (!broken.didFail()) {
        if (error !== null) throw error;
        break;
      }
      // A step that swallowed the fault would have told nobody.
      expect(error, `${name}, write ${n}`).toBeInstanceOf(Broken);
      breaks[name] = n;
      await scene.restart();
    }
  }
  return breaks;
}

test.each<Fault>(['not-written', 'answer-lost'])(
  'every durable write of the corridor, %s, then a restart: all is written as if nothing had happened',
  async fault => {
    const calm = await makeCorridorScene();
    const scene = await makeCorridorScene();
    try {
      for (const step of Object.values(STEPS)) await step.go(calm, calm.database);
      const breaks = await disturbed(scene, fault);
      for (const [name, { least }] of Object.entries(STEPS))
        expect(breaks[name] ?? 0, name).toBeGreaterThanOrEqual(least);
      const wanted = await calm.written();
      expect(wanted).toMatchObject({ batchesOpen: 0, staged: 0, dirty: 0, accepted: 8, quarantined: 2 });
      expect(await scene.written()).toEqual(wanted);
    } finally {
      await calm.close();
      await scene.close();
    }
  },
);
