/** Proves the shipped rules on simulated fleets: `node prove-detection.ts [days] [cards] [seeds] [first seed]`. */
import { everyGuard, everyRule, proveSeed, type SeedProof, verdictOf } from './detection-proof.ts';

const [days = 35, cards = 20_000, seeds = 20, firstSeed = 1] = process.argv.slice(2).map(Number);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const proofs: SeedProof[] = [];
for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
  const started = performance.now();
  const proof = proveSeed({ cards, days, seed });
  proofs.push(proof);
  const { score, records, toldAgain, judgedAgain } = proof;
  say(
    `seed ${seed}: detection ${score.detected}/${score.planted} = ${score.detection.toFixed(4)}, ` +
      `${score.falseAlarms} false alarms on ${score.lookAlikes} look-alikes and ${cards} cards, ` +
      `rules ${proof.rules.size}/${everyRule.length}, guards ${proof.guards.size}/${everyGuard.length}, ` +
      `${records} records, ${toldAgain} told again, ${judgedAgain} keys judged again, ` +
      `${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  for (const missed of score.missed.slice(0, 10)) say(`  missed: ${JSON.stringify(missed)}`);
  for (const alarm of score.alarms.slice(0, 10)) say(`  false alarm: ${JSON.stringify(alarm)}`);
}
const verdict = verdictOf(proofs);
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
