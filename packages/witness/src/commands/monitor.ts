import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Policy, parsePolicy, parseVerifierKey } from '@thingward/verifier';
import { makeFolder } from '../disk.ts';
import { type Desk, stateFolder, type Words, wholeNumber } from '../given.ts';
import { holdFolder } from '../hold.ts';
import type { LookPlan } from '../monitor/look.ts';
import { openMonitor, type Round } from '../monitor/monitor.ts';
import { logAt } from '../monitor/reader.ts';
import { parseWatch } from '../monitor/watches.ts';
import { WitnessRefusal } from '../refusal.ts';

/**
 * Follows a log, one line of JSON for each look; ends with 3 when an alarm stood. With `--once` it looks once, and a
 * log that gave no answer ends it with 1: nothing was found wrong because nothing was seen.
 */
export async function runMonitor(words: Words, desk: Desk): Promise<number> {
  const folder = stateFolder(words);
  const everyMs = wholeNumber(words.every, 'every', 1, 86_400) * 1000;
  const plan = await planOf(words);
  await makeFolder(folder);
  const hold = await holdFolder(folder);
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  desk.once('SIGTERM', stop);
  desk.once('SIGINT', stop);
  try {
    const monitor = await openMonitor(folder, plan, () => Date.now());
    let hasAlarm = false;
    let isUnseen = false;
    while (!stopped.signal.aborted) {
      const round = await monitor.round();
      hasAlarm ||= round.alarms.length > 0;
      tell(round, desk);
      isUnseen = words.once && !round.isAnswered;
      if (words.once) break;
      await delay(everyMs, undefined, { signal: stopped.signal }).catch(() => {});
    }
    return hasAlarm ? 3 : isUnseen ? 1 : 0;
  } finally {
    await hold.release();
  }
}

async function planOf(words: Words): Promise<LookPlan> {
  if (words.url === undefined || !URL.canParse(words.url))
    throw new WitnessRefusal('words-unknown', '--url URL');
  const policy = words.policy === undefined ? null : await policyIn(words.policy);
  const keys = await Promise.all((words.log ?? []).map(parseVerifierKey));
  const logs = [...(policy?.logs ?? []), ...keys.map(key => ({ key, origin: key.name }))];
  const origins = new Set(logs.map(log => log.origin));
  const [origin] = origins;
  if (origin === undefined || origins.size > 1)
    throw new WitnessRefusal('words-unknown', '--log VKEY: one log, by all its keys');
  const logAlone: Policy = { logs, witnesses: [], isQuorum: () => true };
  return {
    origin,
    read: logAt(words.url),
    policy: policy === null ? logAlone : { ...policy, logs },
    logAlone,
    witnesses: (words.witness ?? []).map(url => ({ url, read: logAt(url) })),
    watches: (words.watch ?? []).map(parseWatch),
    staleMs: wholeNumber(words.stale, 'stale', 1, 9_999_999_999) * 1000,
    isWhole: words.whole,
    pause: ms => delay(ms),
  };
}

async function policyIn(path: string): Promise<Policy> {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new WitnessRefusal('words-unknown', `--policy ${path}`, cause);
  });
  return parsePolicy(text);
}

/** Alarms that are new go to the error output too, where whoever starts the program sees them. */
function tell(round: Round, desk: Desk): void {
  desk.stdout.write(`${JSON.stringify(round)}\n`);
  for (const alarm of round.raised) desk.stderr.write(`ALARM 警报 ${alarm.kind}: ${alarm.said}\n`);
}
