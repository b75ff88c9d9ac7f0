/**
 * What judging remembers of a card: the ten shipped rules armed, a month of use of 100,000 cards, each kind of
 * misuse planted and found.
 *
 * Every card has three records a day with device, place, country and volumes, and of `--sessions` in a hundred
 * they are a session a day that tells running totals. `bytes_per_card` is all of the judge's arrays by the cards; the total for a
 * million cards, over as many days as bring every window to its usual state, is what `process.memoryUsage`
 * tells of ArrayBuffers.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ArrayJudge } from '../server/src/spine/rules/arrays/array-judge.ts';
import { type Batch, putDigest } from '../server/src/spine/rules/arrays/columns.ts';
import { shippedIds, shippedRule } from '../tests/judging/world.ts';
import { type Fleet, fillDay, PER_DAY, termsOfCard } from './memory-fleet.ts';

const { values } = parseArgs({
  options: {
    cards: { type: 'string', default: '100000' },
    days: { type: 'string', default: '30' },
    many: { type: 'string', default: '1000000' },
    'many-days': { type: 'string', default: '3' },
    part: { type: 'string' },
    sessions: { type: 'string', default: '0' },
  },
});
const rules = shippedIds.map(shippedRule);
const BATCH = 4_000;

// Apart, so that nothing of the one is alive while the other is measured.
if (values.part === 'month') month();
else if (values.part === 'million') million();
else
  for (const part of ['month', 'million'])
    spawnSync(
      process.execPath,
      ['--expose-gc', import.meta.filename, ...process.argv.slice(2), '--part', part],
      {
        stdio: 'inherit',
      },
    );

function month(): void {
  const fleet = { cards: Number(values.cards), days: Number(values.days), sessions: Number(values.sessions) };
  const { judge, found } = judged(fleet);
  console.log(`cards=${fleet.cards} days=${fleet.days} records=${fleet.cards * fleet.days * PER_DAY}`);
  console.log(`findings ${[...found].map(([rule, count]) => `${rule}=${count}`).join(' ')}`);
  for (const id of shippedIds) {
    if (!found.has(id)) throw new Error(`${id} never fired`);
    const { rows, pool } = judge.arrayOf(id)?.layout ?? {};
    const [own, pooled] = [rows?.words.byteLength ?? 0, pool?.words.byteLength ?? 0];
    console.log(`${id}: rows ${perCard(own, fleet)}, pool ${perCard(pooled, fleet)}`);
  }
  console.log(
    `texts ${perCard(judge.texts.sizeBytes, fleet)}, subjects ${perCard(judge.subjects.sizeBytes, fleet)}`,
  );
  console.log(`bytes_per_card=${perCard(judge.sizeBytes, fleet)}`);
}

function million(): void {
  const fleet = {
    cards: Number(values.many),
    days: Number(values['many-days']),
    sessions: Number(values.sessions),
  };
  globalThis.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  const { judge } = judged(fleet);
  globalThis.gc?.();
  const megabytes = (process.memoryUsage().arrayBuffers - before) / 1_000_000;
  console.log(`cards=${fleet.cards} days=${fleet.days} bytes_per_card=${perCard(judge.sizeBytes, fleet)}`);
  console.log(`million_array_buffers_mb=${megabytes.toFixed(0)}`);
}

function judged(fleet: Fleet): { judge: ArrayJudge; found: Map<string, number> } {
  const found = new Map<string, number>();
  const judge = new ArrayJudge({
    digest: text => createHash('sha256').update(text).digest('hex'),
    stretchAt: subject => ({
      terms: termsOfCard(Number(subject.slice(8))),
      untilMs: Number.POSITIVE_INFINITY,
    }),
    classOf: () => 'other',
    found: ({ ruleId }) => found.set(ruleId, (found.get(ruleId) ?? 0) + 1),
  });
  for (const rule of rules) judge.arm(rule);
  const batch = judge.openBatch('card-usage', BATCH) as Batch;
  for (let digest = 0; digest < BATCH; digest += 1)
    putDigest(batch.digests, digest * 8, digest.toString(16).padStart(64, '0'));
  for (let day = 0; day < fleet.days; day += 1)
    for (const end of fillDay(fleet, day, batch, judge))
      if (end > 0) {
        const late = judge.judge(batch);
        if (late.subjects.size > 0 || late.fieldKeys.size > 0) throw new Error('records came late');
      }
  return { judge, found };
}

function perCard(bytes: number, { cards }: Fleet): string {
  return (bytes / cards).toFixed(1);
}
