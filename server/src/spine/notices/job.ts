import type { Logger } from '../../kernel/log.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import { stage } from '../ledger/stage.ts';
import { secretBytes, signedHeaders } from './signature.ts';
import { spreadNotices } from './spread.ts';
import * as store from './store.ts';
import { faultOf, type SubscriberDoors } from './subscribers.ts';
import { addressGuard } from './wire/addresses.ts';
import { type PostAnswer, postOutside } from './wire/post.ts';

/** Longer than an answer is waited for: a sender that died is followed by another after it. */
const HOLD_MS = 30 * SECOND_MS;
const AT_ONCE = 8;
const KEEP_MS = 30 * DAY_MS;
/** Waits between tries (Standard Webhooks, "Deliverability and reliability"); after the last the subscriber ends. */
const WAITS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

export interface NoticeWorks extends SubscriberDoors {
  readonly log: Logger;
}

/**
 * One round: reads on in the ledger, then sends what is due, at least once and to each subscriber in order. A
 * subscriber that does not answer holds up its own notices only. Safe to repeat, and in two processes at once.
 */
export async function runNoticeRound(works: NoticeWorks): Promise<number> {
  const { database, clock } = works;
  const read = await database.corridor(tx => spreadNotices(tx, clock.now()));
  const due = await database.corridor(tx => store.takeDue(tx, clock.now(), clock.now() + HOLD_MS, AT_ONCE));
  await Promise.all(due.map(notice => sendOne(works, notice)));
  if (read === 0 && due.length === 0) await database.corridor(tx => store.dropOld(tx, clock.now() - KEEP_MS));
  return read + due.length;
}

async function sendOne(works: NoticeWorks, notice: store.DueNotice): Promise<void> {
  const { database, clock, notices } = works;
  const to = await database.corridor(tx => store.lockSubscriber(tx, notice.subscriberId));
  if (to === undefined) {
    await database.corridor(tx => store.dropWaiting(tx, notice.subscriberId));
    return;
  }
  const fault = faultOf(to.url, notices.settings);
  const atMs = clock.now();
  const versions = [to.secretVersion, ...((to.formerUntilMs ?? 0) > atMs ? [to.secretVersion - 1] : [])];
  const secrets = versions.map(version => secretBytes(notices.secretOf, to.subscriberId, version));
  const id = `msg_${to.subscriberId}_${notice.entryIndex}`;
  const headers = signedHeaders(secrets, { id, atMs, body: notice.body });
  const answer: PostAnswer =
    fault !== null
      ? { fault }
      : await postOutside(
          { url: new URL(to.url), headers, body: notice.body },
          addressGuard(notices.settings.networks),
        );
  await takeDown(works, notice, answer);
}

/** Writes what became of it; an answer 410 or the last wait being over ends the subscriber, on record. */
async function takeDown(
  { database, clock, log }: NoticeWorks,
  notice: store.DueNotice,
  answer: PostAnswer,
): Promise<void> {
  const atMs = clock.now();
  const isDone = 'status' in answer && answer.status >= 200 && answer.status < 300;
  const waitMs = WAITS_MS[notice.attempts - 1];
  const isOver = 'status' in answer && answer.status === 410;
  const nextAtMs = isDone || isOver || waitMs === undefined ? null : atMs + waitMs;
  const text = 'status' in answer ? String(answer.status) : answer.fault;
  const subscriber = `subscriber/${notice.subscriberId}`;
  if (!isDone) log.warn({ subscriber, attempts: notice.attempts, answer: text }, 'notice not taken');
  await database.corridor(async tx => {
    await store.writeAnswer(tx, notice.noticeId, { atMs, text, isDone, nextAtMs });
    if (isDone || nextAtMs !== null) return;
    const ended = await store.lockSubscriber(tx, notice.subscriberId);
    if (ended === undefined) return;
    const reason = isOver ? 'gone' : 'no-answer';
    await store.endSubscriber(tx, notice.subscriberId, atMs, reason);
    await store.dropWaiting(tx, notice.subscriberId);
    const act = { act: 'subscriber-ended', object: subscriber, partyId: ended.partyId };
    await stage(tx, { ...act, actor: 'corridor', atMs, detail: { reason } });
  });
}
