import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { MINUTE_MS } from '../../../kernel/time.ts';
import type { CountedDay } from '../../../spine/measures/ports.ts';
import { askDays } from '../../../spine/measures/providers/ask.ts';
import type { ModuleDoors, ModuleRound } from '../../../spine/module-route.ts';
import type { IntakeCode } from '../../../spine/observations/intake.ts';
import { type Source, sourceById } from '../../../spine/observations/sources.ts';
import { tellChecks } from '../../../spine/own-checks.ts';
import { usageFromSource } from '../../../spine/usage.ts';
import { type WantedAtProvider, wantedAtProvider } from '../../../spine/views/wanted-at-provider.ts';
import { CARD_CHECK } from '../checks/card-check.ts';
import { registered } from '../contracts/contracts.ts';
import { CARD } from '../imports/registration.ts';
import { cardUsage } from '../model.ts';
import {
  type Days,
  dayAfter,
  dayBefore,
  daysToCompare,
  type Shortfall,
  shortfallsOf,
  startOf,
} from './compare.ts';
import * as store from './store.ts';

/** What a provider pushes to a source, as a subject that a case can be about: nothing is held against a card. */
export const FEED = 'feed';

const AFTER_FAULT_MS = 10 * MINUTE_MS;
/** Longer than a page may take: whoever is killed with one lets go of it then. */
const LEASE_MS = 5 * MINUTE_MS;
const CARDS_AT_ONCE = 50;
const MOST_TOLD = 1_000;

/**
 * Holds what was received by push against what the provider counts for the same cards and days, a page of cards at a
 * time (CR-24): platforms drop what is not taken in time, and nothing else tells of it. Only days that have ended are
 * compared, after a grace for what is still on its way. What lacks is a shortfall until it comes after all.
 *
 * A provider counts by day and pushes record by record, so its figures are never taken for records: what is missing is
 * told, not made up, and nothing can be counted twice. A page is asked for outside any transaction; what it came to and
 * where the next begins commit together. True when there is more at once.
 */
export async function pollFeeds(doors: ModuleDoors): Promise<boolean> {
  const { database, clock } = doors;
  const told = await tellShortfalls(doors);
  const nowMs = clock.now();
  const poll = await database.corridor(tx => store.takePoll(tx, nowMs, nowMs + LEASE_MS));
  if (poll === undefined) return told >= MOST_TOLD;
  try {
    await comparePage(doors, poll);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    const nextMs = nowMs + Math.min(poll.everyMs, AFTER_FAULT_MS);
    await database.corridor(tx => store.setFault(tx, poll, thrown.code, nextMs));
  }
  return true;
}

export const shortfallRound: ModuleRound = { name: 'feed shortfalls', restMs: 3_000, step: pollFeeds };

async function comparePage(doors: ModuleDoors, poll: store.Poll): Promise<void> {
  const { database, clock } = doors;
  const days = daysOf(poll, clock.now());
  const page = days === null ? null : await askedPage(doors, poll, days);
  await database.corridor(async tx => {
    if (!(await store.isStillHeld(tx, poll))) return;
    const nowMs = clock.now();
    if (page !== null) await enterPage(tx, poll, page, nowMs);
    if (page === null || page.cards.length < CARDS_AT_ONCE)
      await store.restPoll(tx, poll, days, nowMs, nowMs + poll.everyMs);
  });
}

/** All pages of a round compare the same days, also when midnight comes between them. */
function daysOf(poll: store.Poll, nowMs: number): Days | null {
  const { firstDay: first, lastDay: last } = poll;
  return first === null || last === null ? daysToCompare(nowMs, poll) : { first, last };
}

interface Page {
  readonly days: Days;
  readonly cards: readonly WantedAtProvider[];
  /** By the card's reference; a card the provider does not count is not there. */
  readonly counted: ReadonlyMap<string, readonly CountedDay[]>;
}

async function askedPage(doors: ModuleDoors, poll: store.Poll, days: Days): Promise<Page> {
  const { partyId, providerId } = poll;
  const whose = { partyId, providerId, kind: CARD, stopping: [], limiting: [] };
  const after = { afterId: poll.mark, limit: CARDS_AT_ONCE };
  const cards = await doors.database.corridor(tx => wantedAtProvider(tx, whose, after));
  const references = cards.map(each => each.reference);
  const counted = await askDays(doors, partyId, providerId, references, dayBefore(days.first), days.last);
  return { days, cards, counted };
}

async function enterPage(
  tx: Tx,
  poll: store.Poll,
  { days, cards, counted }: Page,
  nowMs: number,
): Promise<void> {
  const source = await sourceOf(tx, poll.sourceId);
  const how = { unit: source.profile.unit, leastBytes: poll.leastBytes };
  const found: (Shortfall & { readonly card: string })[] = [];
  const known = cards.filter(each => counted.has(each.reference));
  for (const { subjectId, reference: card } of known) {
    const received = await receivedByDay(tx, subjectId, source, days);
    const lacking = shortfallsOf(days, counted.get(card) ?? [], received, how);
    found.push(...lacking.map(each => ({ ...each, card })));
  }
  const references = known.map(each => each.reference);
  await store.enterShortfalls(tx, poll, { cards: references, days }, found, nowMs);
  const isFirst = poll.firstDay === null;
  await store.setPolled(tx, poll, days, {
    mark: cards.at(-1)?.subjectId ?? poll.mark,
    cards: (isFirst ? 0 : poll.cards) + known.length,
    uncounted: (isFirst ? 0 : poll.uncounted) + cards.length - known.length,
  });
}

async function sourceOf(tx: Tx, sourceId: number): Promise<Source> {
  const source = await sourceById(tx, sourceId);
  if (source === undefined)
    throw new Refusal<IntakeCode>('source-unknown', { subject: `source/${sourceId}` });
  return source;
}

/** What the source brought of the card, in bytes of data by UTC day, from the day before the first on. */
async function receivedByDay(
  tx: Tx,
  subjectId: number,
  { sourceId }: Source,
  { first, last }: Days,
): Promise<ReadonlyMap<string, number>> {
  const stretch = { fromMs: startOf(dayBefore(first)), toMs: startOf(dayAfter(last)) };
  const [usage] = await usageFromSource(tx, [cardUsage], subjectId, sourceId, stretch);
  return new Map((usage?.days ?? []).map(({ day, figures }) => [day, figures['bytes'] ?? 0]));
}

/** Told once for a source and day, and marked after: what is told twice is the same observation. */
export async function tellShortfalls(doors: ModuleDoors): Promise<number> {
  const { database, intake, clock } = doors;
  const untold = await database.corridor(tx => store.untoldDays(tx, MOST_TOLD));
  for (const lack of untold) {
    const { partyId, sourceId, providerId, day, foundAtMs: atMs } = lack;
    const { name } = await database.corridor(async tx => {
      const source = await sourceOf(tx, sourceId);
      await nameFeed(tx, partyId, source, clock.now());
      return source;
    });
    const provider = String(providerId);
    const body = { check: 'shortfall', what: 'push-not-received', source: name, day, provider };
    const check = { id: `shortfall/${sourceId}/${day}`, claim: `feed:${sourceId}`, atMs, body };
    await tellChecks(intake, partyId, CARD_CHECK, [check]);
    await database.corridor(tx => store.setDayTold(tx, lack, clock.now()));
  }
  return untold.length;
}

/** Named again it is the one there is. */
async function nameFeed(tx: Tx, partyId: number, { sourceId, name }: Source, atMs: number): Promise<void> {
  const subject = { kind: FEED, reference: name };
  await registered(
    tx,
    partyId,
    [
      { do: 'subject', ...subject },
      { do: 'alias', ...subject, claim: `feed:${sourceId}` },
    ],
    `source/${sourceId}`,
    atMs,
  );
}
