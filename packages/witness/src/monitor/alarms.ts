import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { makeFile, makeFolder } from '../disk.ts';

/**
 * What a monitor raises an alarm for.
 *
 * - `fork`: two checkpoints that the log signed exclude each other, or its entries do not lead to the root it signed.
 * - `shrunk`: the log shows less than it showed before, or less than it showed a witness.
 * - `unsigned`: what the log shows bears no signature of its key, or too few cosignatures for the policy.
 * - `damaged`: files that the checkpoint implies are missing or malformed.
 * - `stale`: nothing new, and no cosignature, for longer than told.
 * - `unreachable`: no answer for longer than told.
 * - `watched`: an entry came that the monitor was told to watch for.
 */
export type AlarmKind = 'fork' | 'shrunk' | 'unsigned' | 'damaged' | 'stale' | 'unreachable' | 'watched';

export interface Alarm {
  readonly kind: AlarmKind;
  /** One sentence for people. */
  readonly said: string;
  /** What proves it: the signed notes word for word, or the entry and its index. */
  readonly evidence: Readonly<Record<string, string | number>>;
}

/**
 * Keeps the alarm in a file named after what it says, durably, and answers whether it is new. The same evidence
 * is one alarm, however often it is met.
 */
export async function keepAlarm(folder: string, alarm: Alarm, atMs: number): Promise<boolean> {
  await makeFolder(folder);
  const what = JSON.stringify([alarm.kind, alarm.evidence]);
  const name = `${alarm.kind}-${createHash('sha256').update(what).digest('hex').slice(0, 16)}.json`;
  const text = `${JSON.stringify({ at: new Date(atMs).toISOString(), ...alarm }, null, 2)}\n`;
  return makeFile(join(folder, name), text);
}
