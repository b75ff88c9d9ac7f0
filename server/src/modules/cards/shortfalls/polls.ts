import { Refusal } from '../../../kernel/refusal.ts';
import type { MeasureCode } from '../../../spine/measures/measure.ts';
import { countsDays } from '../../../spine/measures/providers/ask.ts';
import { providerById } from '../../../spine/measures/providers/store.ts';
import type { RouteHand } from '../../../spine/module-route.ts';
import type { IntakeCode } from '../../../spine/observations/intake.ts';
import { sourceById } from '../../../spine/observations/sources.ts';
import { recorded } from '../../../spine/registry/recorded.ts';
import * as store from './store.ts';

export type ShortfallCode = 'source-not-polled';
export const SHORTFALL_CODES: readonly ShortfallCode[] = ['source-not-polled'];

/**
 * Has a source held against what a provider of the same party counts, from now on; asked again it replaces what was set.
 * Refuses `source-unknown`, `provider-unknown` and, where the provider's contract counts by no day,
 * `provider-tells-nothing`; on record either way.
 */
export async function setPoll(
  hand: RouteHand,
  sourceId: number,
  settings: store.PollSettings,
): Promise<store.Poll> {
  const { actor, clock, desk } = hand;
  const { providerId, sinceDay } = settings;
  const attempt = attemptOf(hand, 'source-poll-set', sourceId);
  return await recorded(hand, { ...attempt, detail: { provider: providerId, sinceDay } }, async tx => {
    const source = await sourceById(tx, sourceId);
    if (source === undefined)
      throw new Refusal<IntakeCode>('source-unknown', { subject: `source/${sourceId}` });
    const provider = await providerById(tx, providerId);
    if (provider?.partyId !== source.partyId) throw new Refusal<MeasureCode>('provider-unknown');
    if (!countsDays(desk, provider.adapter)) throw new Refusal<MeasureCode>('provider-tells-nothing');
    const poll = { ...settings, sourceId, partyId: source.partyId, setBy: actor.label };
    await store.putPoll(tx, poll, clock.now());
    return { result: (await store.pollOf(tx, sourceId)) as store.Poll };
  });
}

/** What is missing stays on the list; nobody looks whether it comes after all. Refuses `source-not-polled`. */
export async function endPoll(hand: RouteHand, sourceId: number): Promise<void> {
  await recorded(hand, attemptOf(hand, 'source-poll-ended', sourceId), async tx => {
    if (!(await store.endPoll(tx, sourceId))) throw new Refusal<ShortfallCode>('source-not-polled');
    return { result: undefined };
  });
}

/** Has the next round begin at once. Refuses `source-not-polled`. */
export async function pollNow(hand: RouteHand, sourceId: number): Promise<void> {
  await recorded(hand, attemptOf(hand, 'source-poll-asked', sourceId), async tx => {
    if (!(await store.pollSoon(tx, sourceId, hand.clock.now())))
      throw new Refusal<ShortfallCode>('source-not-polled');
    return { result: undefined };
  });
}

function attemptOf({ actor }: RouteHand, act: string, sourceId: number) {
  return { act, object: `source/${sourceId}`, partyId: actor.partyId, actor: actor.label };
}
