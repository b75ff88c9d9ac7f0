import type { Database } from '../../kernel/database/transaction.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { isKeyName } from './note.ts';
import { lastCheckpoint, lastSuccession } from './store.ts';

/**
 * The origin of the log, which is also the name of its key: a log keeps the one it began with, whatever
 * settings and address the server has today, until another log follows it. A new log takes the one that was set; without one, a name of
 * chance, which `keptId` (hexadecimal) makes once and keeps beside the key. That name lies under `.invalid`, which
 * never resolves (RFC 6761 §6.4), so that it is nobody's address and no two logs share it.
 */
export async function originOf(
  database: Database,
  asked: string | undefined,
  keptId: () => string,
): Promise<string> {
  const succession = await database.corridor(lastSuccession);
  if (succession !== null) return succession.origin;
  const last = await database.corridor(lastCheckpoint);
  const kept = last === null ? undefined : parseCheckpoint(last.note)?.origin;
  const origin = kept ?? asked ?? `thingward.invalid/${keptId()}`;
  if (!isKeyName(origin)) throw new TypeError('the origin of a log has neither spaces nor plus signs');
  return origin;
}
