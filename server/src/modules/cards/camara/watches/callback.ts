import { stage } from '../../../../spine/ledger/stage.ts';
import type { OutsideReach } from '../../../../spine/measures/ports.ts';
import { providerById } from '../../../../spine/measures/providers/store.ts';
import type { RouteHand } from '../../../../spine/module-route.ts';
import { gatheringOf } from '../../../../spine/observations/gathered/gathering.ts';
import { readPost } from '../../../../spine/observations/gathered/read-post.ts';
import { isProven } from '../../../../spine/observations/hooks/proof.ts';
import { openSource } from '../../../../spine/observations/intake.ts';
import { loadDossiers } from '../../../../spine/registry/dossier.ts';
import { recordRefused } from '../../../../spine/registry/recorded.ts';
import { registerRows } from '../../../../spine/registry/register.ts';
import { CARD, stated } from '../../imports/registration.ts';
import { FACTS } from '../../restrictions.ts';
import { not } from '../faults.ts';
import { type Event, readEvent } from './event.ts';
import { tokenOf } from './sink.ts';
import * as store from './store.ts';

type Hand = Pick<RouteHand, 'database' | 'clock' | 'log' | 'intake' | 'desk' | 'header' | 'announce'>;

/**
 * Takes what an operator tells of a watch. When this returns, a change is a record of the operator's source and, beside
 * it, a finding of the provider's with the card (C-38), and an end has ended the watch; what comes again changes nothing.
 *
 * Refuses `camara-callback-unknown`, `camara-callback-unproven`, `camara-callback-gone` for a watch that has ended,
 * and `camara-argument`.
 */
export async function receive(hand: Hand, watchId: string, body: unknown): Promise<void> {
  const { outside } = hand.desk;
  const watch = await hand.database.corridor(tx => store.watchById(tx, watchId));
  if (watch === undefined || outside === undefined) throw not('camara-callback-unknown');
  await prove(hand, outside, watch);
  if (watch.endedAtMs !== null || hand.clock.now() >= watch.untilMs) throw not('camara-callback-gone');
  const event = readEvent(body, watch.device);
  if (event.what === 'subscription-ended') await end(hand, watch, event);
  else if (event.what === 'imei-change' || event.what === 'area-change') await take(hand, watch, event);
  hand.announce('watch', `camara-watch/${watchId}`);
}

/** Who does not bear the watch's own token is refused, on record. */
async function prove(hand: Hand, outside: OutsideReach, { watchId, partyId }: store.Watch): Promise<void> {
  const token = tokenOf(outside, watchId);
  if (isProven('token', token, hand.header('authorization') ?? undefined, new Uint8Array())) return;
  const object = `camara-watch/${watchId}`;
  await recordRefused(
    hand,
    { act: 'camara-event', object, partyId, actor: object },
    'camara-callback-unproven',
  );
  throw not('camara-callback-unproven');
}

async function take(hand: Hand, watch: store.Watch, event: Event): Promise<void> {
  const { partyId, sourceId, watchId } = watch;
  const source = await openSource(hand.intake, partyId, sourceId);
  const cuts = await readPost(hand.intake, source, Buffer.from(JSON.stringify(event.whole), 'utf8'));
  const sender = { partyId, label: `camara-watch/${watchId}` };
  await gatheringOf(hand.intake, hand.log).take(sender, source, cuts);
  await state(hand, watch, event);
}

/** Lays down what they found beside our own findings; the same event again finds it there. */
async function state(hand: Hand, watch: store.Watch, event: Event): Promise<void> {
  const { partyId, subjectId, providerId, watchId } = watch;
  const atMs = hand.clock.now();
  await hand.database.corridor(async tx => {
    const provider = await providerById(tx, providerId);
    const [card] = await loadDossiers(tx, { claims: [], subjectIds: [subjectId] });
    if (card === undefined) return;
    const by = wordOf(provider?.name ?? '', providerId);
    const body = { provider: by, scene: event.what, reason: 'CAMARA' };
    const span = { fromMs: event.atMs, toMs: event.atMs + 1 };
    const fact = stated(
      { kind: CARD, reference: card.reference },
      `${FACTS.providerFinding}${by}/${event.what}`,
      body,
      span,
    );
    const rows = [{ place: '1', asks: { registrations: [fact] } }];
    const object = `camara-watch/${watchId}`;
    const { outcomes } = await registerRows(tx, partyId, rows, object, atMs);
    if (outcomes[0]?.outcome !== 'registered') return;
    await store.countTold(tx, watchId, atMs);
    const act = { act: 'camara-event', object, partyId, actor: object, atMs };
    await stage(tx, { ...act, detail: { what: event.what } });
  });
}

/** They say it is over: they are asked no more. */
async function end(hand: Hand, { watchId, partyId }: store.Watch, { reason }: Event): Promise<void> {
  const atMs = hand.clock.now();
  await hand.database.corridor(async tx => {
    if (!(await store.endWatch(tx, watchId, { atMs, reason, nextAtMs: null }))) return;
    const object = `camara-watch/${watchId}`;
    await stage(tx, { act: 'camara-watch-ended', object, partyId, actor: object, atMs, detail: { reason } });
  });
}

/** The provider's name as far as it may stand in a kind of fact. */
function wordOf(name: string, providerId: number): string {
  const word = name.toLowerCase();
  return /^[\w.-]{2,60}$/.test(word) ? word : `provider-${providerId}`;
}
