import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  fromBase64,
  leafHash,
  parseCheckpoint,
  policyOf,
  verifyCheckpoint,
  verifyProof,
  verifyTiles,
} from '../../packages/verifier/src/index.ts';
import { RootFold } from '../../packages/verifier/src/merkle.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';
import { effort } from '../prove.ts';
import { dataFolder } from '../server-process.ts';
import type { Kill } from './kills.ts';
import { type Happened, ORDERED_RULES, type Run, runThrough } from './run-through.ts';

/**
 * Acknowledged means durable: the server and its database are killed at random moments of a feed whose findings
 * order measures by themselves; after each kill every acknowledged batch is looked for, and in the end all is as in
 * a run nobody disturbed. It is one long life of one data folder. `THINGWARD_SEED` repeats a run.
 */
const KILLS = effort(2, 200);
/** A dozen cards has one of each kind of misuse: every second stretch at least orders measures. */
const STRETCH =
  KILLS > 10 ? { cardsPerStretch: 6, filesPerStretch: 3 } : { cardsPerStretch: 24, filesPerStretch: 9 };
const SEED = Number(process.env['THINGWARD_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const ROOM_MS = 120_000 + KILLS * 30_000;

const folders = [dataFolder(), dataFolder()] as const;
let provider: ProviderProcess;
let calm: Run;
let killed: Run;

beforeAll(async () => {
  provider = await startProvider();
  await provider.behave({ delayMs: 1_200, repeatAnswers: true, refuseRate: 10 });
  const plan = { seed: SEED, stretches: KILLS + 1, ...STRETCH, onKill: tellKill };
  const runs = [
    runThrough(folders[0].path, { ...plan, kills: 0 }, null).then(run => {
      calm = run;
    }),
    runThrough(folders[1].path, { ...plan, kills: KILLS }, provider).then(run => {
      killed = run;
    }),
  ];
  // Both end before a fault of one is told, so that no server is left behind.
  const ends = await Promise.allSettled(runs);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  report();
}, ROOM_MS);
afterAll(async () => {
  await calm?.server.stop();
  await killed?.server.stop();
  await provider?.stop();
  for (const folder of folders) folder.remove();
});

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Long lines now and then while it goes on, so that whoever waits sees that it does. */
function tellKill(each: Happened, number: number): void {
  if (KILLS > 10 && number % 10 !== 0) return;
  process.stdout.write(
    `  kill ${number} of ${KILLS}: ${each.what}, ${each.processes} processes, ${each.filesLeft} files left, ${each.measuresMoving} measures moving, back after ${seconds(each.backAfterMs)}, ${each.lost} of ${each.acknowledged} acknowledged batches missing\n`,
  );
}

const OF_SERVER: readonly Kill[] = ['server', 'everything'];

function report(): void {
  const { counts, standing } = killed.stored;
  const { records, distinctRecords, findings, cases, measures, sentAgain, withdrawals, entries } = counts;
  const back = killed.kills.map(each => each.backAfterMs).sort((a, b) => a - b);
  const ofServer = killed.kills.filter(each => OF_SERVER.includes(each.what)).length;
  const unanswered = [...killed.unanswered].map(([said, n]) => `${n} x ${said}`).join(', ');
  const figures = {
    seed: SEED,
    server: ofServer,
    database: KILLS - ofServer,
    acknowledged: killed.acknowledged.size,
    lost: Math.max(...killed.kills.map(each => each.lost)),
    records,
    doubled: records - distinctRecords + findings - counts.distinctFindings,
    same_as_undisturbed: standing.join() === calm.stored.standing.join(),
  };
  process.stdout.write(
    [
      `  ${killed.planned.files} files, ${standing.length} findings stand (${withdrawals} withdrawals), ${cases} cases, ${measures} measures (${sentAgain} orders sent again), ${entries} ledger entries`,
      `  undisturbed ${seconds(calm.tookMs)}, killed ${seconds(killed.tookMs)}, back after ${seconds(back[back.length >> 1] as number)} in the middle and ${seconds(back.at(-1) as number)} at most; sendings without success: ${unanswered}`,
      `kills ${Object.entries(figures)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}`,
      '',
    ].join('\n'),
  );
}

async function verifierKeyOf(address: string): Promise<string> {
  const answer = await fetch(`${address}/api/v1/ledger/key`);
  return ((await answer.json()) as { verifierKey: string }).verifierKey;
}

describe(`after ${KILLS} kills (seed ${SEED})`, () => {
  test('the kills struck while the feed and measures were under way and cut sendings off', () => {
    expect(killed.kills).toHaveLength(KILLS);
    for (const each of killed.kills) {
      expect(each.processes).toBeGreaterThan(0);
      expect(each.filesLeft).toBeGreaterThan(0);
    }
    const ofServer = killed.kills.filter(each => OF_SERVER.includes(each.what)).length;
    expect(ofServer).toBe(KILLS >> 1);
    expect(killed.unanswered.size).toBeGreaterThan(0);
    expect(Math.max(...killed.kills.map(each => each.measuresMoving))).toBeGreaterThan(0);
  });

  test('every record fed is stored once, as in the undisturbed run', () => {
    const { counts, records } = killed.stored;
    expect(counts.records).toBe(killed.planned.records);
    expect(counts.distinctRecords).toBe(counts.records);
    expect(counts.quarantined).toBe(killed.planned.unreadable);
    expect(records).toBe(calm.stored.records);
  });

  test('after each kill every batch acknowledged before it was there as it was answered', () => {
    expect(killed.kills.filter(each => each.lost > 0)).toEqual([]);
    expect(killed.kills.at(-1)?.acknowledged).toBeGreaterThan(KILLS * 2);
  });

  test('every acknowledged batch is there as it was answered; every other one is balanced and says that it broke', () => {
    expect(killed.acknowledged.size).toBe(killed.planned.files);
    const stored = new Map(killed.stored.batches.map(batch => [batch.id, batch]));
    for (const { id, received, accepted, duplicate, quarantined } of killed.acknowledged.values()) {
      const wanted = { id, state: 'complete', received, accepted, duplicate, quarantined };
      expect(stored.get(id)).toEqual(wanted);
      expect(received).toBe(accepted + duplicate + quarantined);
    }
    for (const batch of stored.values()) {
      expect(['complete', 'broken']).toContain(batch.state);
      expect(batch.received).toBe(batch.accepted + batch.duplicate + batch.quarantined);
    }
    const total = (of: 'accepted' | 'quarantined') =>
      killed.stored.batches.reduce((sum, batch) => sum + batch[of], 0);
    expect(total('accepted')).toBe(killed.planned.records);
    expect(total('quarantined')).toBe(killed.planned.unreadable);
  });

  test('the findings that stand are those of the undisturbed run, and none is doubled', () => {
    expect(killed.stored.standing.length).toBeGreaterThan(KILLS);
    expect(killed.stored.standing).toEqual(calm.stored.standing);
    const { findings, distinctFindings, foundRows } = killed.stored.counts;
    expect([distinctFindings, foundRows]).toEqual([findings, findings]);
  });

  test('each subject and rule has one case, and each finding is in one', () => {
    const { cases, caseKeys, openings, joined, findings } = killed.stored.counts;
    expect([cases, openings, joined]).toEqual([caseKeys, caseKeys, findings]);
  });

  test('each case of an ordered rule has one measure and one order, here and at the provider', async () => {
    const { measures, casesMeasured, letters, stepsTwice } = killed.stored.counts;
    expect(measures).toBeGreaterThan(KILLS);
    expect([casesMeasured, letters, stepsTwice]).toEqual([measures, measures, 0]);
    const standing = killed.stored.standing.map(name => name.split(' '));
    const toOrder = standing.filter(([rule]) => ORDERED_RULES.includes(rule as string));
    expect(measures).toBeGreaterThanOrEqual(new Set(toOrder.map(name => `${name[0]} ${name[1]}`)).size);
    const effects = await provider.effects();
    const keys = new Set(killed.stored.letters.map(letter => letter.orderKey));
    expect(effects.filter(effect => !keys.has(effect.idempotencyKey))).toEqual([]);
    expect(new Set(effects.map(effect => effect.idempotencyKey)).size).toBe(effects.length);
    for (const reference of new Set(killed.stored.letters.map(letter => letter.reference))) {
      const own = killed.stored.letters.filter(letter => letter.reference === reference);
      const orders = await provider.ordersFor(reference);
      expect(orders.map(order => order.idempotencyKey).sort()).toEqual(own.map(each => each.orderKey).sort());
      const isDone = own.some(letter => letter.state !== 'failed');
      expect(effects.filter(effect => effect.iccid === reference)).toHaveLength(isDone ? 1 : 0);
      expect(await provider.stateOf(reference)).toBe(isDone ? 'suspended' : 'active');
    }
  });

  test('the ledger holds each act once, and every checkpoint ever shown is a beginning of it', async () => {
    const { counts, batches } = killed.stored;
    expect([counts.staged, counts.lastIndex]).toEqual([0, counts.entries - 1]);
    expect({
      batches: counts.entriesBatch,
      findings: counts.entriesFound,
      withdrawals: counts.entriesWithdrawn,
      cases: counts.entriesOpened,
      measures: counts.entriesOrdered,
    }).toEqual({
      batches: batches.filter(batch => batch.state === 'complete').length,
      findings: counts.findings,
      withdrawals: counts.withdrawals,
      cases: counts.cases,
      measures: counts.measures,
    });
    const { client } = killed;
    const policy = await policyOf(await verifierKeyOf(client.address));
    const sizes = killed.checkpoints.map(note => parseCheckpoint(note).size);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    const seen = await Promise.all(killed.checkpoints.map(note => verifyCheckpoint(note, policy)));
    const fold = new RootFold();
    let size = 0;
    const compare = async () => {
      for (const each of seen) if (each.size === size) expect(each.root).toEqual(await fold.root());
    };
    const read = async (path: string) => {
      const answer = await fetch(`${client.address}/ledger/${path}`);
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
    };
    const whole = await verifyTiles(read, policy, async entry => {
      await compare();
      await fold.add(await leafHash(entry));
      size += 1;
    });
    await compare();
    expect([size, whole.checkpoint.size]).toEqual([counts.entries, counts.entries]);
    expect(sizes.at(-1)).toBe(counts.entries);
  });

  test('proofs of a measure ordered during the feed verify', async () => {
    const { client } = killed;
    const policy = await policyOf(await verifierKeyOf(client.address));
    const measures = await client.get<{ items: { id: number }[] }>('/measures?limit=1');
    const object = `measure/${measures.items[0]!.id}`;
    const url = `${client.address}/api/v1/ledger/proofs?object=${encodeURIComponent(object)}`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${client.token}` } });
    const { items } = (await answer.json()) as { items: { entry: string; proof: string }[] };
    expect(items.length).toBeGreaterThan(2);
    for (const { entry, proof } of items) await verifyProof(proof, fromBase64(entry) as Uint8Array, policy);
  });
});
