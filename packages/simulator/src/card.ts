import { chance, mixed } from './chance.ts';
import { classNamed, usualClass } from './classes.ts';
import { imeisvOf, unknownTac } from './devices.ts';
import type { Script, SimulatedCard } from './model.ts';
import { withLuhn } from './numbers.ts';
import { dayStartMs, HOUR_MS, type Plan } from './plan.ts';
import { SCRIPTS } from './scripts.ts';

/** Scripts are planted once in so many cards; a smaller fleet is planted once. */
const BLOCK = 1000;
/** No more of a small fleet is planted. */
const MOST_PLANTED = 0.85;
const HOME_NETWORKS = ['46000', '46001', '46011'] as const;

interface Place {
  readonly script: Script;
  readonly member: number;
}

/** Which script each card of a block plays, in an order that the seed decides. */
function placesOf(plan: Plan, block: number): Place[] {
  const luck = chance(mixed(plan.seed, block, 0xb10c));
  const size = Math.min(BLOCK, plan.cards - block * BLOCK);
  const order = [...SCRIPTS];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = luck.between(0, i);
    [order[i], order[j]] = [order[j] as Script, order[i] as Script];
  }
  const places: Place[] = [];
  for (const script of order) {
    if (places.length + script.cards > size * MOST_PLANTED) continue;
    for (let member = 0; member < script.cards; member += 1) places.push({ script, member });
  }
  return places;
}

/** The cards of a fleet. */
export function cardsOf(plan: Plan): SimulatedCard[] {
  const cards: SimulatedCard[] = [];
  for (let block = 0; block * BLOCK < plan.cards; block += 1) {
    const places = placesOf(plan, block);
    const end = Math.min(plan.cards, (block + 1) * BLOCK);
    for (let index = block * BLOCK; index < end; index += 1)
      cards.push(cardOf(plan, index, places[index - block * BLOCK]));
  }
  return cards;
}

function cardOf(plan: Plan, index: number, place: Place | undefined): SimulatedCard {
  const script = place?.script ?? null;
  const member = place?.member ?? 0;
  const first = index - member;
  const luck = chance(mixed(plan.seed, first, 0xca4d));
  const draw = luck.next();
  const profile = classNamed(script === null ? usualClass(draw) : pickOf(script.classes, draw));
  const serial = String(plan.seed % 1000).padStart(3, '0') + String(index).padStart(7, '0');
  const turnDay = luck.between(1, Math.max(1, plan.days - 4));
  const isModule = luck.next() < 0.3;
  const feed = script?.feed ?? (luck.next() < 0.35 ? 'sessions' : 'usage');
  const contract = script?.contract ?? (luck.next() < 0.2 ? 'day' : 'month');
  const tac = script?.tac ?? (isModule ? '00990011' : unknownTac(first, 0));
  const holder = script?.isOneDevice === true ? first : index;
  return {
    index,
    iccid: withLuhn(`898600${String(luck.between(10, 99))}${serial}`),
    imsi: `46000${serial}`,
    msisdn: `144${serial}`,
    profile,
    feed,
    contract,
    imeisv: imeisvOf(tac, holder),
    otherImeisv: imeisvOf(unknownTac(index, 1), index),
    plmn: luck.pick(HOME_NETWORKS),
    homeLatE6: luck.between(24_000_000, 38_000_000),
    homeLonE6: luck.between(103_000_000, 119_000_000),
    capBytes: profile.burstBytes * 0.5,
    dayCapBytes: profile.burstBytes * 0.1,
    script,
    member,
    first,
    turnDay,
    turnMs: dayStartMs(plan, turnDay) + luck.between(1, 5) * HOUR_MS,
  };
}

function pickOf(classes: readonly string[], draw: number): string {
  return classes[Math.floor(draw * classes.length)] as string;
}
