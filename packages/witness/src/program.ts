import { parseArgs } from 'node:util';
import { VerificationError } from '@thingward/verifier';
import { runMonitor } from './commands/monitor.ts';
import { runServe } from './commands/serve.ts';

import { openCosigner } from './cosigner.ts';
import { makeFolder } from './disk.ts';
import { type Desk, OPTIONS, stateFolder, type Words } from './given.ts';
import { WitnessRefusal } from './refusal.ts';
import { HELP, wordsOf } from './words.ts';

/** Exit codes: 0 nothing wrong, 1 it could not run, 2 its words make no sense, 3 an alarm stands. */
export async function runWitness(args: readonly string[], desk: Desk): Promise<number> {
  let words: Words;
  let command: string | undefined;
  try {
    const parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    words = parsed.values;
    command = parsed.positionals.length === 1 ? parsed.positionals[0] : undefined;
  } catch (cause) {
    desk.stderr.write(`${(cause as Error).message}\n${HELP}`);
    return 2;
  }
  if (words.help) {
    desk.stdout.write(HELP);
    return 0;
  }
  try {
    if (command === 'key') return await tellKey(words, desk);
    if (command === 'serve') return await runServe(words, desk);
    if (command === 'monitor') return await runMonitor(words, desk);
  } catch (cause) {
    if (!(cause instanceof WitnessRefusal) && !(cause instanceof VerificationError)) throw cause;
    desk.stderr.write(`${wordsOf(cause.code)}\n  ${cause.code}: ${cause.detail}\n`);
    return cause.code === 'words-unknown' ? 2 : 1;
  }
  desk.stderr.write(HELP);
  return 2;
}

/** Makes the key at first, and shows its verifier key. */
async function tellKey(words: Words, desk: Desk): Promise<number> {
  const folder = stateFolder(words);
  await makeFolder(folder);
  desk.stdout.write(`${(await openCosigner(folder, words.name)).vkey}\n`);
  return 0;
}
