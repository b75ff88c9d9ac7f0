import type { Tx } from '../../../../kernel/database/transaction.ts';
import { randomId } from '../../../../kernel/ids.ts';
import { DAY_MS } from '../../../../kernel/time.ts';
import type { OutsideReach } from '../../../../spine/measures/ports.ts';
import { providerById } from '../../../../spine/measures/providers/store.ts';
import type { RecordFormat } from '../../../../spine/observations/format.ts';
import { registerSource } from '../../../../spine/observations/sources.ts';
import { sourceByName } from '../../../../spine/observations/store.ts';
import { type RecordDoors, recorded } from '../../../../spine/registry/recorded.ts';
import { cardsByReference } from '../../../../spine/views/registered.ts';
import { CAMARA_MANNERS } from '../../adapters/carriers/camara/camara.ts';
import { deviceOf } from '../../adapters/carriers/camara/device.ts';
import { camaraEvents } from '../../formats/camara-events.ts';
import { CARD } from '../../imports/registration.ts';
import { not } from '../faults.ts';
import type { What } from '../subscriptions/events.ts';
import { sinkOf } from './sink.ts';
import * as store from './store.ts';

/** As many as an operator of this contract takes of one consumer. */
const MOST_LIVE = 1_000;
const USUAL_MS = 365 * DAY_MS;

export interface WatchDoors extends RecordDoors {
  readonly outside: OutsideReach;
}

export interface WatchAsked {
  readonly providerId: number;
  readonly iccid: string;
  readonly what: What;
  readonly untilMs: number | null;
  readonly maxEvents: number | null;
}

interface Who {
  readonly partyId: number;
  readonly label: string;
}

/**
 * Has another operator tell of a card's changes, which are then records of a source that is made for that operator. It
 * is asked after the commit. Refuses `camara-watch-provider`, `camara-watch-card`, `camara-watch-until`,
 * `camara-watches-too-many` and `camara-watch-nowhere`.
 */
export async function watch(doors: WatchDoors, who: Who, asked: WatchAsked): Promise<store.Watch> {
  const { partyId, label } = who;
  const { providerId, iccid, what, maxEvents } = asked;
  const watchId = randomId();
  const object = `camara-watch/${watchId}`;
  const attempt = {
    act: 'camara-watched',
    object,
    partyId,
    actor: label,
    detail: { what, provider: providerId },
  };
  return await recorded(doors, attempt, async tx => {
    const atMs = doors.clock.now();
    const untilMs = asked.untilMs ?? atMs + USUAL_MS;
    if (untilMs <= atMs) throw not('camara-watch-until');
    const provider = await providerById(tx, providerId);
    if (provider?.partyId !== partyId || CAMARA_MANNERS[provider.adapter] === undefined)
      throw not('camara-watch-provider');
    const sink = sinkOf(doors.outside, watchId);
    if (sink === null || doors.outside.faultOf(sink) !== null) throw not('camara-watch-nowhere');
    const [subjectId] = await cardsByReference(tx, partyId, CARD, [iccid, iccid.slice(0, 19)]);
    const device = await deviceOf(tx, partyId, iccid, atMs);
    if (subjectId === undefined || device === null) throw not('camara-watch-card');
    if ((await store.countLive(tx, partyId)) >= MOST_LIVE) throw not('camara-watches-too-many');
    const sourceId = await sourceFor(tx, who, providerId, atMs);
    const of = { watchId, partyId, providerId, subjectId, sourceId };
    await store.addWatch(tx, { ...of, what, device, untilMs, maxEvents, madeBy: label, madeAtMs: atMs });
    return { result: (await store.watchById(tx, watchId))! };
  });
}

/** From the commit on nothing is taken any more; the operator is told so after it. Refuses `camara-watch-unknown`. */
export async function unwatch(doors: RecordDoors, who: Who, watchId: string): Promise<void> {
  const { partyId, label: actor } = who;
  const attempt = { act: 'camara-unwatched', object: `camara-watch/${watchId}`, partyId, actor };
  await recorded(doors, attempt, async tx => {
    const atMs = doors.clock.now();
    const found = await store.watchById(tx, watchId);
    const end = { atMs, reason: 'UNWATCHED', nextAtMs: atMs };
    if (found?.partyId !== partyId || !(await store.endWatch(tx, watchId, end)))
      throw not('camara-watch-unknown');
    return { result: undefined };
  });
}

/** One source for each operator that tells, made with its first watch. */
async function sourceFor(tx: Tx, who: Who, providerId: number, atMs: number): Promise<number> {
  const name = `camara-provider-${providerId}`;
  const found = await sourceByName(tx, name);
  if (found !== undefined) return found.sourceId;
  const formats = new Map<string, RecordFormat>([[camaraEvents.name, camaraEvents]]);
  const asked = { name, format: camaraEvents.name, profile: {} };
  return await registerSource(tx, formats, who, asked, atMs);
}
