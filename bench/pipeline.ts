/**
 * Accept and judge together: CSV bytes in, observations durable, verdicts, cases and position committed.
 *
 * Records of registered cards go through the intake in files; after each file judging runs until nothing
 * waits, under all shipped rules, with a memory that knows the cards. Rates are records per
 * second by wall time: of the whole, of its two parts, and of judging a card for the first time, when its
 * state is made from what is stored.
 */
import { openHouse, SHIPPED } from './pipeline-parts/house.ts';

const CARDS = 5_000;
const FILE_ROWS = 40_000;
const FILES = Number(process.argv[2] ?? 6);
/** Threads that judge; 1 is the main thread alone. */
const THREADS = Number(process.argv[3] ?? 1);

const house = await openHouse(SHIPPED, { threads: THREADS, rows: FILE_ROWS, cards: CARDS });
try {
  const rates: { accept: number; judge: number; whole: number }[] = [];
  for (let file = 0; file <= FILES; file += 1) {
    const acceptMs = await timed(() => house.accept(file));
    const judgeMs = await timed(() => house.judge());
    const rate = {
      accept: FILE_ROWS / acceptMs,
      judge: FILE_ROWS / judgeMs,
      whole: FILE_ROWS / (acceptMs + judgeMs),
    };
    if (file === 0) console.log(`first_krecords_per_s=${rate.judge.toFixed(1)}`);
    else rates.push(rate);
  }
  const known = house.memory.size;
  const judgedBy = house.memory.judgedBy.join(' ');
  if (judgedBy !== '') console.log(`records_by_thread=${judgedBy}`);
  console.log(
    `cards=${CARDS} records=${FILES * FILE_ROWS} findings=${await house.findings()} known=${known}`,
  );
  for (const part of ['accept', 'judge', 'whole'] as const)
    console.log(
      `${part === 'whole' ? 'pipeline' : part}_krecords_per_s=${median(rates.map(each => each[part])).toFixed(1)}`,
    );
} finally {
  await house.close();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const beganAt = performance.now();
  await work();
  return performance.now() - beganAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
