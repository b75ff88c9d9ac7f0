import type { Tx } from '../../kernel/database/transaction.ts';
import { rfc3339 } from '../../kernel/time.ts';
import { entriesFrom, entryCount } from '../ledger/store.ts';
import { ancestorsOf } from '../registry/people/store.ts';
import { TOPICS } from './notice.ts';
import * as store from './store.ts';

const MOST_AT_ONCE = 500;

interface Entry {
  readonly act: string;
  readonly object: string;
  readonly at: string;
  readonly party?: string;
}

/**
 * Reads on in the ledger and writes a notice for each subscriber an entry concerns; how many entries were read.
 *
 * The ledger is the box that notices leave from: an act is in it if, and only if, it was committed, and entries
 * have an order for good. Notices and the position commit together, so that a crash tells nothing twice; a
 * subscriber of a party hears of that party and those below it.
 */
export async function spreadNotices(tx: Tx, atMs: number): Promise<number> {
  const first = await store.lockPosition(tx, await entryCount(tx));
  if (first === null) return 0;
  const bytes = await entriesFrom(tx, first, MOST_AT_ONCE);
  if (bytes.length === 0) return 0;
  const entries = bytes.map((each, i) => ({
    index: first + i,
    ...(JSON.parse(each.toString('utf8')) as Entry),
  }));
  const concerned = entries.filter(each => topicOf(each) !== undefined && each.party !== undefined);
  const live = concerned.length === 0 ? [] : await store.liveSubscribers(tx);
  const above = await ancestorsOf(tx, [...new Set(concerned.map(partyOf))]);
  const rows = concerned.flatMap(entry =>
    live
      .filter(each => each.topics.includes(topicOf(entry) ?? '') && each.madeAtMs <= Date.parse(entry.at))
      .filter(each => above.get(partyOf(entry))?.has(each.partyId) === true)
      .map(({ subscriberId, partyId }) => ({
        subscriberId,
        partyId,
        entryIndex: entry.index,
        type: typeOf(entry),
        body: bodyOf(entry),
      })),
  );
  await store.addNotices(tx, rows, atMs);
  await store.movePosition(tx, first + bytes.length);
  return bytes.length;
}

/** That something happened to what, never what it says: whoever cares fetches it with rights of their own. */
function bodyOf(entry: Entry & { index: number }): string {
  const data = { object: entry.object, party: partyOf(entry), ledgerIndex: entry.index };
  return JSON.stringify({ type: typeOf(entry), timestamp: rfc3339(Date.parse(entry.at)), data });
}

/** `finding.found`, `case.opened`, `measure.effective`. */
function typeOf({ act }: Entry): string {
  return act.replace('-', '.');
}

function topicOf({ act }: Entry): string | undefined {
  return TOPICS.find(topic => act.startsWith(`${topic}-`) && !act.startsWith('measure-policy-'));
}

function partyOf({ party = '' }: Entry): number {
  return Number(party.replace('party/', ''));
}
