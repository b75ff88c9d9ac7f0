import { answerAsks } from '../threads.ts';

/** A thread for tests: doubles numbers, or ends as it is told. */
await answerAsks<number, number | string, number>(factor => ask => {
  if (ask === 'throw') throw new RangeError('as told');
  if (ask === 'exit') process.exit(3);
  if (ask === 'fill') {
    const held: number[][] = [];
    for (;;) held.push(Array.from({ length: 100_000 }, (_, i) => i + 0.5));
  }
  return Number(ask) * factor;
});
