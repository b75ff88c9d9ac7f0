import type { Database } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { DAY_MS } from '../../kernel/time.ts';
import { type RecordDoors, recorded } from '../registry/recorded.ts';
import type { NoticeCode, NoticeSettings, Topic } from './notice.ts';
import { secretText } from './signature.ts';
import * as store from './store.ts';
import { addressGuard } from './wire/addresses.ts';

export type { NoticeRow as Notice, SubscriberRow as Subscriber } from './store.ts';

/** How many a party may have, and how long a former secret still signs after a renewal. */
const MOST_LIVE = 20;
const FORMER_MS = DAY_MS;
const MOST_URL = 2_000;

export interface SubscriberDoors extends RecordDoors {
  readonly notices: {
    readonly settings: NoticeSettings;
    /** A secret by name, made of a key that is kept outside the database. */
    readonly secretOf: (name: string) => string;
  };
}

interface Actor {
  readonly label: string;
  readonly partyId: number;
}

/**
 * Has somebody told of a party's findings, cases or measures from now on; the secret is told here and at its
 * renewal only. Refuses `subscriber-address-refused` (detail `why`) and `subscribers-too-many`.
 */
export async function makeSubscriber(
  doors: SubscriberDoors,
  actor: Actor,
  asked: { url: string; topics: readonly Topic[] },
): Promise<{ subscriberId: number; secret: string }> {
  const { partyId } = actor;
  const attempt = { act: 'subscriber-made', object: `party/${partyId}`, partyId, actor: actor.label };
  return recorded(doors, { ...attempt, detail: { topics: asked.topics.join(' ') } }, async tx => {
    const why = faultOf(asked.url, doors.notices.settings);
    if (why !== null) throw refuse('subscriber-address-refused', { why });
    if ((await store.countLive(tx, partyId)) >= MOST_LIVE)
      throw refuse('subscribers-too-many', { most: MOST_LIVE });
    const row = { ...asked, partyId, madeBy: actor.label, atMs: doors.clock.now() };
    const subscriberId = await store.addSubscriber(tx, row);
    const secret = secretText(doors.notices.secretOf, subscriberId, 1);
    return { result: { subscriberId, secret }, object: `subscriber/${subscriberId}` };
  });
}

/** A new secret; for a day notices carry a signature by each. */
export async function renewSubscriberSecret(
  doors: SubscriberDoors,
  actor: Actor,
  subscriberId: number,
): Promise<{ secret: string; formerUntilMs: number }> {
  const attempt = { act: 'subscriber-secret-renewed', ...object(actor, subscriberId) };
  return recorded(doors, attempt, async tx => {
    const found = await store.lockSubscriber(tx, subscriberId);
    if (found === undefined) throw refuse('subscriber-unknown');
    const formerUntilMs = doors.clock.now() + FORMER_MS;
    await store.renewSecret(tx, subscriberId, formerUntilMs);
    const secret = secretText(doors.notices.secretOf, subscriberId, found.secretVersion + 1);
    return { result: { secret, formerUntilMs } };
  });
}

/** From the commit on nothing more is sent, save what is on its way. */
export async function endSubscriber(
  doors: SubscriberDoors,
  actor: Actor,
  subscriberId: number,
): Promise<void> {
  const attempt = { act: 'subscriber-ended', ...object(actor, subscriberId) };
  await recorded(doors, attempt, async tx => {
    if ((await store.lockSubscriber(tx, subscriberId)) === undefined) throw refuse('subscriber-unknown');
    await store.endSubscriber(tx, subscriberId, doors.clock.now(), 'ended');
    return { result: undefined };
  });
}

/** Subscribers of the actor's party and those below, by id. */
export function listSubscribers(
  database: Database,
  partyId: number,
  after: number,
  limit: number,
): Promise<store.SubscriberRow[]> {
  return database.door(partyId, tx => store.subscribers(tx, after, limit));
}

/** What a subscriber was told and how it answered, the newest first. */
export function listNotices(
  database: Database,
  partyId: number,
  asked: { subscriberId: number; before: number; limit: number },
): Promise<store.NoticeRow[]> {
  return database.door(partyId, tx => store.notices(tx, asked.subscriberId, asked.before, asked.limit));
}

/** What is wrong with an address, as far as it shows without asking a name server; null when nothing is. */
export function faultOf(text: string, settings: NoticeSettings): string | null {
  if (text.length > MOST_URL || !URL.canParse(text)) return 'not-an-address';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && settings.allowsHttp)) return 'not-https';
  if (url.username !== '' || url.password !== '') return 'holds-a-password';
  if (url.hash !== '') return 'holds-a-fragment';
  const isLiteral = /^\[|^[\d.]+$/.test(url.hostname);
  if (isLiteral && !addressGuard(settings.networks)(url.hostname)) return 'not-public';
  return null;
}

function object(actor: Actor, subscriberId: number) {
  return { object: `subscriber/${subscriberId}`, partyId: actor.partyId, actor: actor.label };
}

function refuse(code: NoticeCode, detail: Record<string, string | number> = {}): Refusal<NoticeCode> {
  return new Refusal<NoticeCode>(code, { detail });
}
