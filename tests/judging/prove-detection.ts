/**
 * Proves the shipped rules on simulated fleets:
 * `node prove-detection.ts [days] [cards] [seeds] [first seed] [--disorder 0.05]`.
 *
 * Prints a table by class and one by rule, and how often each guard alone kept a look-alike silent. With `--disorder`
 * each fleet is judged once more with that share of its card-days a day late, told twice and in the wrong order;
 * the findings that stand must then be the same. Fleets are judged some 20,000 cards at a time.
 */
import { parseArgs } from 'node:util';
import { everyGuard, everyRule, proveSeed, type SeedProof, verdictOf } from './detection-proof.ts';
import { tableOf } from './detection-table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { disorder: { type: 'string', default: '0' } },
});
const [days = 35, cards = 20_000, seeds = 20, firstSeed = 1] = positionals.map(Number);
const disorder = Number(values.disorder);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const proofs: SeedProof[] = [];
for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
  const started = performance.now();
  const proof = proveSeed({ cards, days, seed, disorder });
  proofs.push(proof);
  const { score, records, toldAgain, judgedAgain, disordered } = proof;
  say(
    `seed ${seed}: detection ${score.detected}/${score.planted} = ${score.detection.toFixed(4)}, ` +
      `${score.falseAlarms} false alarms on ${score.lookAlikes} look-alikes and ${cards} cards, ` +
      `rules ${proof.rules.size}/${everyRule.length}, guards ${proof.guards.size}/${everyGuard.length}, ` +
      `${records} records, ${toldAgain} told again, ${judgedAgain} keys judged again, ` +
      `${((performance.now() - started) / 1000).toFixed(1)} s, ` +
      `${(process.memoryUsage.rss() / 1_000_000).toFixed(0)} MB`,
  );
  if (disordered !== null)
    say(
      `  in disorder: ${disordered.standing} findings stand, ${disordered.differ} differ; ` +
        `${disordered.toldAgain} records told again, ${disordered.judgedAgain} keys judged again`,
    );
  for (const missed of score.missed.slice(0, 10)) say(`  missed: ${JSON.stringify(missed)}`);
  for (const alarm of score.alarms.slice(0, 10)) say(`  false alarm: ${JSON.stringify(alarm)}`);
}
const verdict = verdictOf(proofs);
for (const line of tableOf('class', proofs, score => score.byClass)) say(line);
for (const line of tableOf('rule', proofs, score => score.byRule)) say(line);
say(
  `in all: detection=${(verdict.detected / verdict.planted).toFixed(4)} (${verdict.detected} of ${verdict.planted}), ` +
    `false_alarms=${verdict.falseAlarms} (${verdict.lookAlikes} look-alikes)`,
);
const hours = proofs.flatMap(({ score }) => (score.hours === null ? [] : [score.hours]));
const medians = hours.map(each => each.median).sort((a, b) => a - b);
say(
  `time to detect: median ${(medians[(medians.length - 1) >> 1] ?? 0).toFixed(1)} h (median of seeds), ` +
    `worst ${Math.max(0, ...hours.map(each => each.worst)).toFixed(1)} h`,
);
for (const guard of everyGuard)
  say(
    `guard ${guard}: alone kept ${proofs.reduce((sum, each) => sum + (each.guards.get(guard) ?? 0), 0)} silent`,
  );
for (const id of proofs[0]?.hits.keys() ?? [])
  say(`operator ${id}: ${proofs.reduce((sum, each) => sum + (each.hits.get(id)?.size ?? 0), 0)} hits`);
for (const fault of verdict.faults.slice(0, 50)) say(`FAULT ${fault}`);
process.exitCode = verdict.faults.length === 0 ? 0 : 1;
