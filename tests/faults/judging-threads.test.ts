import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { seeded } from '../judging/seeded.ts';
import { effort } from '../prove.ts';
import { type CorridorScene, makeCorridorScene } from './corridor-scene.ts';

const START = Date.UTC(2026, 9, 20);
const MINUTE = 60_000;
const CARDS = Array.from({ length: 24 }, (_, i) => `8986011${String(i).padStart(12, '0')}`);
const ROWS = 60;

/** The ways a thread ends: from outside, by an error within; `kernel/threads.test.ts` has the others. */
const ENDS: readonly ((thread: Worker) => void)[] = [
  thread => void thread.terminate(),
  thread => thread.postMessage({ call: 'nothing of the kind', given: null }),
];

test('threads that end abruptly under a feed lose nothing and double nothing: all that is written is that of an undisturbed run', async () => {
  const threads: Worker[] = [];
  const note = (thread: Worker): number => threads.push(thread);
  process.on('worker', note);
  const random = seeded(3);
  const ends = effort(6, 100);
  const plain = await makeCorridorScene();
  const threaded = await makeCorridorScene({ threads: 2 });
  try {
    const feeds = Array.from({ length: ends + 4 }, (_, n) => [`feed ${n}`, rowsOf(n)] as const);
    for (const scene of [plain, threaded])
      await scene.register(scene.database, 'cards', `iccid,class\n${CARDS.join(',other\n')},other\n`);
    for (const [name, rows] of feeds) await plain.feed(plain.database, name, rows);
    await plain.judge(plain.database);

    const judge = threaded.startJudging();
    let ended = 0;
    let both = false;
    for (const [name, rows] of feeds) {
      await threaded.feed(threaded.database, name, rows);
      judge.wake();
      const thread = threads.findLast(each => each.threadId > 0);
      if (ended < ends && thread !== undefined) {
        await sleep(random.below(40));
        random.pick(ENDS)(random.oneIn(2) ? thread : (threads.at(-2) ?? thread));
        ended += 1;
        if (ended % 25 === 0)
          process.stdout.write(
            `  kill ${ended} of ${ends}: a thread of judging, ${threaded.lost.length} lost so far\n`,
          );
      }
      await threaded.settled();
      both ||= threaded.judgedBy().length === 2 && threaded.judgedBy().every(count => count > 0);
    }
    await judge.stop();
    expect(both).toBe(true);
    expect(threaded.lost.length).toBeGreaterThan(ends / 2);
    expect(new Set(threaded.lost).size).toBe(2);
    const wanted = await whole(plain);
    const came = await whole(threaded);
    process.stdout.write(`threads ${figuresOf(ended, wanted, came)}\n`);
    expect(ended).toBe(ends);
    expect(came).toEqual(wanted);
    expect((wanted['findings'] as unknown[]).length).toBeGreaterThan(CARDS.length);
    expect((wanted['measures'] as unknown[]).length).toBeGreaterThan(5);
  } finally {
    process.off('worker', note);
    await plain.close();
    await threaded.close();
  }
}, 600_000);

type Whole = Record<string, unknown>;

/** What was stored of both runs, told so that `npm run prove` adds it up. */
function figuresOf(ended: number, wanted: Whole, came: Whole): string {
  const names = (of: Whole, list: string): string[] =>
    (of[list] as unknown[]).map(each => JSON.stringify(each));
  const lists = ['records', 'findings', 'cases', 'measures'];
  const missing = (from: Whole, to: Whole): number =>
    lists.reduce((sum, list) => {
      const left = names(from, list);
      for (const each of names(to, list)) {
        const at = left.indexOf(each);
        if (at >= 0) left.splice(at, 1);
      }
      return sum + left.length;
    }, 0);
  const counts = lists.map(list => `${list}=${names(came, list).length}`);
  const isSame = JSON.stringify(wanted) === JSON.stringify(came);
  return [
    `ended=${ended}`,
    ...counts,
    `lost=${missing(wanted, came)}`,
    `doubled=${missing(came, wanted)}`,
    `same_as_undisturbed=${isSame}`,
  ].join(' ');
}

async function whole(scene: CorridorScene): Promise<Whole> {
  await scene.sequence(scene.database);
  return scene.written();
}

/** In the order of time; now and then a card is in another device, and some cards are silent for days. */
function rowsOf(n: number): string[] {
  const random = seeded(100 + n);
  return Array.from({ length: ROWS }, (_, i) => {
    const card = random.below(random.oneIn(5) ? CARDS.length : CARDS.length / 2);
    const imei = random.oneIn(25) ? '86012345000001' : '35752007426533';
    const time = new Date(START + (n * ROWS + i) * 5 * MINUTE).toISOString();
    return `${CARDS[card]},${imei},${time},10,10`;
  });
}
