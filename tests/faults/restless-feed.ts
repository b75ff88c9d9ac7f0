import { setTimeout as sleep } from 'node:timers/promises';
import { type Fleet, type UsageRecord, usageTable } from '@thingward/simulator';
import { type ApiClient, ApiProblem } from '../api-client.ts';
import type { Seeded } from '../judging/seeded.ts';

/** A file to feed, and the names of what is in it. */
export interface FeedFile {
  readonly sourceNo: number;
  readonly name: string;
  readonly text: string;
}

/** What a fleet's records make: files for two sources, and what must be stored of them in the end. */
export interface FeedPlan {
  readonly files: readonly FeedFile[];
  readonly records: number;
  readonly unreadable: number;
}

/** A dozen has one of each kind of misuse and look-alike. */
const CARDS_TOGETHER = 12;

/** What the server answered to a file. */
export interface BatchAnswer {
  readonly id: number;
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

/**
 * Cuts a fleet's records into files: the first source's in the order of time, the second's some cards after others
 * and among these in no order, so that records come late. Some files repeat records of earlier ones; some hold a
 * line that cannot be read.
 */
export function planFeed(fleet: Fleet, filesPerSource: number, luck: Seeded): FeedPlan {
  const isFirstCard = (i: number) => Math.floor(i / CARDS_TOGETHER) % 2 === 0;
  const isFirst = new Map(fleet.cards.map((card, i) => [card.iccid, isFirstCard(i)]));
  const inTime = fleet.usage.filter(record => isFirst.get(record.iccid));
  const others = fleet.cards.filter((_, i) => !isFirstCard(i)).map(card => card.iccid);
  const byCard: UsageRecord[] = [];
  for (let i = 0; i < others.length; i += CARDS_TOGETHER) {
    const together = new Set(others.slice(i, i + CARDS_TOGETHER));
    byCard.push(...luck.shuffle(fleet.usage.filter(record => together.has(record.iccid))));
  }
  const files: FeedFile[] = [];
  let unreadable = 0;
  for (const [sourceNo, records] of [inTime, byCard].entries()) {
    const each = Math.ceil(records.length / filesPerSource);
    for (let n = 0; n < filesPerSource; n += 1) {
      const own = records.slice(n * each, (n + 1) * each);
      const again = luck.oneIn(3) ? records.slice(0, luck.below(n * each + 1)) : [];
      let text = usageTable([...own, ...again]);
      if (luck.oneIn(3)) {
        unreadable += 1;
        text += `bad-${sourceNo}-${n},8.98601E+18,,46000,2026-10-16T10:00:00Z,10,10\n`;
      }
      files.push({ sourceNo, name: `${sourceNo}-${n}.csv`, text });
    }
  }
  return { files, records: fleet.usage.length, unreadable };
}

/** How sending went. */
export interface Sending {
  readonly acknowledged: Map<string, BatchAnswer>;
  /** Sendings that got no answer or no success, by what was said instead. */
  readonly unanswered: Map<string, number>;
}

/**
 * Sends the files of a source one after the other, each again until it is acknowledged. `client` gives the server
 * that is there at the moment; `turn` is waited for before each file.
 */
export async function sendAll(
  files: readonly FeedFile[],
  sending: Sending,
  client: () => ApiClient,
  sourceId: number,
  turn: () => Promise<void>,
): Promise<void> {
  for (const file of files) {
    await turn();
    for (;;) {
      const answer = await client()
        .feed<BatchAnswer>(sourceId, file.name, file.text)
        .catch((error: unknown) => {
          const said = error instanceof ApiProblem ? `${error.status} ${error.code}` : 'no answer';
          sending.unanswered.set(said, (sending.unanswered.get(said) ?? 0) + 1);
          return null;
        });
      if (answer !== null) {
        sending.acknowledged.set(file.name, answer);
        break;
      }
      await sleep(100);
    }
  }
}
