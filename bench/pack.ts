/**
 * Every rule that ships for cards, over a simulated fleet of all nine classes with its misuse and look-alikes: records
 * judged for each second of CPU, all threads counted, records made and terms looked up beforehand on both sides.
 *
 * The other side is the plain form of the same rules: an object of state for each card and rule in a Map, closures of
 * the conditions (`rules/step.ts`, the definition that everything else is held to). Both must find the same.
 */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { cardsOf, type Plan, USUAL_FROM_MS, usesOf } from '@thingward/simulator';
import type { Observation } from '../server/src/spine/observations/observation.ts';
import { ArrayJudge } from '../server/src/spine/rules/arrays/array-judge.ts';
import { compareObservations } from '../server/src/spine/rules/counters.ts';
import { fieldKey } from '../server/src/spine/rules/field-key.ts';
import { type KeyState, openKey, step } from '../server/src/spine/rules/judge-key.ts';
import { observationOf } from '../tests/judging/simulated-records.ts';
import { SimulatedTerms } from '../tests/judging/simulated-terms.ts';
import { packIds, shippedRule } from '../tests/judging/world.ts';
import { byTurns, median } from './judge-parts/measure.ts';

const { values } = parseArgs({
  options: {
    cards: { type: 'string', default: '2000' },
    days: { type: 'string', default: '35' },
    rounds: { type: 'string', default: '3' },
  },
});
const BATCH = 4_000;
const plan: Plan = { seed: 1, cards: Number(values.cards), days: Number(values.days), fromMs: USUAL_FROM_MS };
const cards = cardsOf(plan);
const terms = new SimulatedTerms(plan, cards);
const classes = new Map(cards.map(card => [`iccid:${card.iccid}`, card.profile.id]));
const rules = packIds.map(shippedRule);
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

const records: Observation[] = [];
for (let day = 0; day < plan.days; day += 1)
  for (const card of cards) records.push(...usesOf(plan, card, day).map(observationOf));
records.sort(compareObservations);
for (const claim of classes.keys()) terms.stretchAt(claim, plan.fromMs);

const wanted = byArrays();
const plain = byObjects();
if (wanted.found.size !== plain.size || [...plain].some(id => !wanted.found.has(id)))
  throw new Error(`the two sides found ${wanted.found.size} and ${plain.size}`);
console.log(`rules=${rules.length} records=${records.length} cards=${cards.length} findings=${plain.size}`);
console.log(`bytes_per_card=${(wanted.sizeBytes / cards.length).toFixed(0)}`);
const taken = await byTurns(Number(values.rounds), { ours: () => byArrays(), theirs: () => byObjects() });
for (const [name, seconds] of Object.entries(taken))
  console.log(`${name} ${(records.length / median(seconds) / 1000).toFixed(0)}k records a second of CPU`);
console.log(`ratio pack/step=${(median(taken.theirs) / median(taken.ours)).toFixed(2)}`);

function byArrays(): { readonly found: ReadonlySet<string>; readonly sizeBytes: number } {
  const found = new Set<string>();
  const judge = new ArrayJudge({
    digest,
    stretchAt: (subject, atMs) => terms.stretchAt(subject, atMs),
    classOf: subject => classes.get(subject) ?? '',
    found: verdict => found.add(verdict.findingId),
  });
  for (const rule of rules) judge.arm(rule);
  for (let from = 0; from < records.length; from += BATCH) {
    const part = records.slice(from, from + BATCH);
    const batch = judge.openBatch('card-usage', part.length);
    if (batch === null) throw new Error('no rule reads the use of cards');
    for (const record of part) batch.add(record, judge.slotOf(record.claim), judge.texts);
    judge.judge(batch);
  }
  return { found, sizeBytes: judge.sizeBytes };
}

function byObjects(): ReadonlySet<string> {
  const found = new Set<string>();
  const states = rules.map(() => new Map<string, KeyState>());
  const aboutOf = (claim: string) => ({
    subject: { id: claim, class: classes.get(claim) ?? '' },
    boundAt: (atMs: number) => terms.stretchAt(claim, atMs).terms,
  });
  for (const record of records) {
    const about = aboutOf(record.claim);
    for (const [i, rule] of rules.entries()) {
      const key = rule.key === 'subject' ? record.claim : fieldKey(rule, record);
      if (key === null) continue;
      const keys = states[i] as Map<string, KeyState>;
      const state = keys.get(key) ?? openKey(rule);
      keys.set(key, state);
      const outcome = step(rule, state, record, { key, digest, ...about, about: () => about });
      if (outcome.kind === 'fired') found.add(outcome.verdict.findingId);
    }
  }
  return found;
}
