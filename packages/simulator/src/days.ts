import { chance, mixed } from './chance.ts';
import type { Day, SimulatedCard, Use } from './model.ts';
import { DAY_MS, dayStartMs, HOUR_MS, type Plan, receivedMs } from './plan.ts';
import { putVolume, useOf } from './use.ts';

/** What is used of a month's cap is a sixth of it or so, so that what a script adds decides. */
const USUAL_SHARE = 0.15;
const DAYS_OF_MONTH = 31;
/** Days of a card that come late, and days that are told twice. */
const LATE = 0.002;
const LATE_OF_PLANTED = 0.03;
const AGAIN = 0.005;
const MOST_LATE_DAYS = 3;

/** The records of one card of one day, in the order of their happening; the same whenever it is asked for. */
export function usesOf(plan: Plan, card: SimulatedCard, day: number): readonly Use[] {
  const luck = chance(mixed(plan.seed, card.index, 0x10000 + day));
  const of: Day = { card, plan, day, luck, usual: usualUses(plan, card, day, luck) };
  const uses: Use[] = [...(card.script?.uses(of) ?? of.usual)];
  uses.sort((a, b) => a.atMs - b.atMs);
  const name = `${card.iccid.slice(-11, -1)}-${day}`;
  for (const [i, use] of uses.entries()) {
    use.id = `${name}-${i}`;
    use.judgedAtMs = use.atMs;
    if (use.statedMs === null || use.statedMs !== use.atMs) {
      if (use.statedMs === null || use.statedMs < plan.fromMs) use.judgedAtMs = receivedMs(plan, day);
      else use.statedMs = use.atMs;
    }
  }
  return uses;
}

function usualUses(plan: Plan, card: SimulatedCard, day: number, luck: ReturnType<typeof chance>): Use[] {
  const { profile } = card;
  const startMs = dayStartMs(plan, day);
  const [least, most] = profile.usesPerDay;
  const isWeekend = [0, 6].includes(new Date(startMs + 8 * HOUR_MS).getUTCDay());
  const count = Math.max(1, Math.round(luck.between(least, most) * (isWeekend ? profile.weekend : 1)));
  const hours = hoursOf(profile.hours, Math.min(count, profile.hours.length), luck);
  const bytes = (card.capBytes * USUAL_SHARE) / DAYS_OF_MONTH / count;
  const uses: Use[] = [];
  for (const hour of hours) {
    const atMs = startMs + hour * HOUR_MS + luck.between(0, 500) * 1000;
    const volume = bytes * (0.4 + 1.2 * luck.next());
    const seconds = luck.between(300, 2_900);
    if (card.feed === 'sessions') addSession(uses, card, atMs, seconds, volume, `${day}-${hour}`);
    else uses.push(finished(card, atMs, seconds, volume, hour, luck));
  }
  return uses;
}

function hoursOf(hours: readonly number[], count: number, luck: ReturnType<typeof chance>): number[] {
  const picked: number[] = [];
  let left = count;
  for (let i = 0; i < hours.length && left > 0; i += 1) {
    if (luck.next() * (hours.length - i) >= left) continue;
    picked.push(hours[i] as number);
    left -= 1;
  }
  return picked;
}

function finished(
  card: SimulatedCard,
  atMs: number,
  seconds: number,
  volume: number,
  hour: number,
  luck: ReturnType<typeof chance>,
): Use {
  const use = useOf(card, atMs);
  use.durationSeconds = seconds;
  putVolume(use, volume);
  if (card.profile.places === 'none') return use;
  // A moving card is within 30 km of its home, further in the middle of the day.
  const away = card.profile.places === 'moving' ? Math.round(130_000 * Math.sin((hour / 24) * Math.PI)) : 0;
  use.latE6 = card.homeLatE6 + away + luck.between(-1_500, 1_500);
  use.lonE6 = card.homeLonE6 + away + luck.between(-1_500, 1_500);
  use.accuracyM = luck.between(20, 900);
  return use;
}

function addSession(
  uses: Use[],
  card: SimulatedCard,
  atMs: number,
  seconds: number,
  volume: number,
  name: string,
): void {
  const [start, stop] = [useOf(card, atMs), useOf(card, atMs + seconds * 1000)];
  start.event = 'start';
  stop.event = 'stop';
  start.session = `${card.iccid.slice(-11, -1)}-${name}`;
  stop.session = start.session;
  start.durationSeconds = 0;
  stop.durationSeconds = seconds;
  putVolume(start, 0);
  putVolume(stop, volume);
  uses.push(start, stop);
}

/** By how many days the card's records of a day come late. */
export function lateDays(plan: Plan, card: SimulatedCard, day: number): number {
  if (card.script?.isPunctual === true) return 0;
  const luck = chance(mixed(plan.seed, card.index, 0x20000 + day));
  const isLate = luck.next() < (card.script === null ? LATE : LATE_OF_PLANTED);
  return isLate ? Math.min(luck.between(1, MOST_LATE_DAYS), plan.days - 1 - day) : 0;
}

/** Whether the card's records of a day are told once more, a day after they came. */
function isToldAgain(plan: Plan, card: SimulatedCard, day: number): boolean {
  return chance(mixed(plan.seed, card.index, 0x30000 + day)).next() < AGAIN;
}

/**
 * What the file of a day tells of a card: the day’s records, earlier ones that come late, and repetitions.
 */
export function usesInFile(plan: Plan, card: SimulatedCard, fileDay: number): Use[] {
  const uses: Use[] = [];
  for (let day = Math.max(0, fileDay - MOST_LATE_DAYS - 1); day <= fileDay; day += 1) {
    const late = lateDays(plan, card, day);
    const isNow = day + late === fileDay;
    const isAgain = day + late + 1 === fileDay && card.script?.isPunctual !== true;
    if (isNow || (isAgain && isToldAgain(plan, card, day))) uses.push(...usesOf(plan, card, day));
  }
  return uses;
}

/** Every record of the card that has come by the file of a day, once, in the order of happening. */
export function usesUpTo(plan: Plan, card: SimulatedCard, fileDay: number): Use[] {
  const uses: Use[] = [];
  for (let day = 0; day <= fileDay; day += 1)
    if (day + lateDays(plan, card, day) <= fileDay) uses.push(...usesOf(plan, card, day));
  return uses;
}

export const LONGEST_DELAY_MS = (MOST_LATE_DAYS + 1) * DAY_MS;
