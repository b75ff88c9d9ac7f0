// A narrated tour of Thingward on real parts, in a folder of its own: `npm run tour`, `npm run tour -- --lang zh`.
import { parseArgs } from 'node:util';
import { languageOf } from '../packages/cli/src/words.ts';
import { balance, feedAndKill, start } from './tour/feed.ts';
import { judge } from './tour/findings.ts';
import { act } from './tour/measure.ts';
import { prove } from './tour/proof.ts';
import { makeSample } from './tour/sample.ts';
import { Stage, TourFault } from './tour/stage.ts';
import { en } from './tour/words-en.ts';

const beganMs = performance.now();
const language = languageOf(process.argv.slice(2), process.env);
if (!isUnderstood()) {
  process.stderr.write(`${en.usage}\n`);
  process.exit(2);
}
const stage = new Stage(language);
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

try {
  await tour();
  await stage.clear();
  const seconds = secondsGone();
  process.stdout.write(`\n${stage.say('done', { claims: stage.claims, seconds, folder: stage.folder })}\n`);
} catch (fault) {
  if (!isStopping) await fail(fault);
}

async function tour(): Promise<void> {
  process.stdout.write(`${stage.say('title')}\n\n${stage.say('intro')}\n`);
  const sample = makeSample(Date.now());
  const first = await start(stage, sample);
  const again = await feedAndKill(stage, sample, first);
  await balance(stage, sample, again);
  const standing = await judge(stage, sample, again);
  const done = await act(stage, sample, again, standing);
  await prove(stage, again, done);
}

async function fail(fault: unknown): Promise<void> {
  const what = fault instanceof Error ? fault.message : String(fault);
  const sentence = fault instanceof TourFault ? what : stage.say('broken', { what });
  process.stderr.write(`\n✗ ${sentence}\n`);
  await stage.clear();
  const told = { claims: stage.claims, seconds: secondsGone() };
  process.stderr.write(`${stage.say('done-not', told)}\n`);
  process.exit(1);
}

/** Ends what runs and removes the folder, once. */
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await stage.clear();
  process.stderr.write(`\n${stage.say('stopped')}\n`);
  process.exit(130);
}

function secondsGone(): string {
  return ((performance.now() - beganMs) / 1000).toFixed(1);
}

function isUnderstood(): boolean {
  try {
    const { values } = parseArgs({ options: { lang: { type: 'string' } } });
    return values.lang === undefined || /^(en|zh)$/.test(values.lang);
  } catch {
    return false;
  }
}
