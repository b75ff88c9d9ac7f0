import type { Database } from '../../kernel/database/transaction.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { isKeyName } from './note.ts';
import { lastCheckpoint } from './store.ts';

/**
 * The origin of the log, which is also the name of its key: a log keeps the one it began with, whatever address
 * the server has today; a new log takes the public address, without its scheme, followed by `/ledger` (C2SP
 * tlog-checkpoint: the URL prefix without scheme and trailing slash).
 */
export async function originOf(database: Database, publicUrl: string): Promise<string> {
  const last = await database.corridor(lastCheckpoint);
  const kept = last === null ? undefined : parseCheckpoint(last.note)?.origin;
  return kept ?? originUnder(publicUrl);
}

function originUnder(publicUrl: string): string {
  const origin = `${publicUrl.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/\/+$/, '')}/ledger`;
  if (!isKeyName(origin)) throw new TypeError('a public address without spaces or plus signs is needed');
  return origin;
}
