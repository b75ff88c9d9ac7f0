/**
 * What judging remembers of a card: the ten shipped rules armed, a month of use of 100,000 cards, each kind of
 * misuse planted and found.
 *
 * Every card has `--per-day` records with device, place, country and volumes; of `--sessions` cards in a hundred
 * they tell running totals of a session a day. `bytes_per_card` is all of the judge's arrays by the cards; the
 * total for a million cards, over as many days as bring every window to its usual state, is what
 * `process.memoryUsage` tells of ArrayBuffers.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ArrayJudge } from '../server/src/spine/rules/arrays/array-judge.ts';
import { type Batch, putDigest } from '../server/src/spine/rules/arrays/columns.ts';
import { shippedIds, shippedRule } from '../tests/judging/world.ts';
import { type Fleet, fillDay, termsOfCard } from './memory-fleet.ts';

const { values } = parseArgs({
  options: {
    cards: { type: 'string', default: '100000' },
    days: { type: 'string', default: '30' },
    many: { type: 'string', default: '1000000' },
    'many-days': { type: 'string', default: '3' },
    part: { type: 'string' },
    'per-day': { type: 'string', default: '1' },
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
    process.exitCode ||= spawnSync(
      process.execPath,
      ['--expose-gc', ...process.argv.slice(1), '--part', part],
      {
        stdio: 'inherit',
      },
    ).status as number;

function fleetOf(cards: string, days: string): Fleet {
  const perDay = Number(values['per-day']);
  return { cards: Number(cards), days: Number(days), perDay, sessions: Number(values.sessions) };
}

function month(): void {
  const fleet = fleetOf(values.cards, values.days);
  const { judge, found } = judged(fleet);
  console.log(`cards=${fleet.cards} days=${fleet.days} records_a_day=${fleet.perDay}`);
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
  const fleet = fleetOf(values.many, values['many-days']);
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
