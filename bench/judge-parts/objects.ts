/**
 * The same twelve rules as a TypeScript programmer writes them first: a record is an object, a card's state
 * is an object in a Map, a rule is a closure. Definitions are those of the language, pane by pane.
 */
import { type Hits, hit, openHits, TERMS } from './data.ts';

export interface Use {
  readonly iccid: string;
  readonly imei: string | undefined;
  readonly mcc: string | undefined;
  readonly peer: string | undefined;
  readonly atMs: number;
  readonly up: number;
  readonly down: number;
  readonly lat: number | undefined;
  readonly lon: number | undefined;
}

export interface CardState {
  imei: string | undefined;
  isChanged: boolean;
  changes: { pane: number; count: number }[];
  recent: { pane: number; count: number }[];
  day: number;
  dayUp: number;
  dayDown: number;
  month: number;
  monthUsed: number;
  lat: number | undefined;
  lon: number;
  placeMs: number;
  metres: number;
  kmh: number;
  peers: { peer: string; pane: number }[];
  lastMs: number;
  isAwake: boolean;
  edges: number[];
}

export type Terms = (typeof TERMS)[number];
type Check = (use: Use, card: CardState, terms: Terms) => boolean | undefined;

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

/** Undefined where the rule passes a record over. */
export const CHECKS: readonly Check[] = [
  (_use, card) => card.isChanged,
  (_use, card) => total(card.changes) >= 3,
  (use, _card, terms) => (use.mcc === undefined ? undefined : !terms.mccs.includes(use.mcc)),
  (_use, card) => total(card.recent) > 12,
  (_use, card, terms) => card.dayUp + card.dayDown > terms.dayCap,
  (_use, card, terms) => card.monthUsed > terms.monthCap,
  (_use, card) => (card.metres < 0 ? undefined : card.metres > 100_000 && card.kmh > 900),
  (_use, card) => card.peers.length > 8,
  (use, _card, terms) => (use.peer === undefined ? undefined : !terms.peers.includes(use.peer)),
  (_use, card) => card.dayUp > 500 && card.dayUp > card.dayDown * 20,
  (use, card) => (use.imei === undefined ? undefined : card.isAwake),
  (use, _card, terms) => use.up + use.down - terms.mean > terms.deviation * 6,
];

/** Which rules fire again only in another day or month; null: on every record. */
export const REARM: readonly ('day' | 'month' | null)[] = [
  null,
  'day',
  null,
  'day',
  'day',
  'month',
  null,
  'day',
  'day',
  'day',
  null,
  null,
];

export function judgeObjects(csv: Buffer, most = Number.POSITIVE_INFINITY): Hits {
  const cards = new Map<string, CardState>();
  const hits = openHits(CHECKS.length);
  let record = 0;
  forEachUse(csv, most, use => {
    const card = moved(cards, use);
    const terms = TERMS[use.iccid.charCodeAt(18) - 48] as Terms;
    for (let rule = 0; rule < CHECKS.length; rule += 1) {
      const met = (CHECKS[rule] as Check)(use, card, terms);
      if (met !== undefined && fires(card, rule, met, use.atMs)) hit(hits, rule, record);
    }
    record += 1;
  });
  return hits;
}

/** A rising edge within the rule's day or month. */
export function fires(card: CardState, rule: number, met: boolean, atMs: number): boolean {
  const rearm = REARM[rule];
  if (rearm === null) return met;
  const pane = rearm === 'day' ? Math.floor(atMs / DAY) : monthOf(atMs);
  const before = card.edges[rule];
  card.edges[rule] = pane * 2 + (met ? 1 : 0);
  return met && before !== pane * 2 + 1;
}

export function forEachUse(csv: Buffer, most: number, each: (use: Use) => void): void {
  const CHUNK = 1 << 16;
  let rest = '';
  let count = -1;
  for (let from = 0; from < csv.length; from += CHUNK) {
    const lines = (rest + csv.toString('latin1', from, from + CHUNK)).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) {
      if (count >= 0) each(useOf(line));
      count += 1;
      if (count === most) return;
    }
  }
}

function useOf(line: string): Use {
  const [iccid, imei, mcc, peer, time, up, down, lat, lon] = line.split(',') as [string, ...string[]];
  return {
    iccid,
    imei: imei === '' ? undefined : imei,
    mcc: mcc === '' ? undefined : mcc,
    peer: peer === '' ? undefined : peer,
    atMs: Number(time),
    up: Number(up),
    down: Number(down),
    lat: lat === '' ? undefined : Number(lat),
    lon: lon === '' ? undefined : Number(lon),
  };
}

/** The card's state after the record. */
export function moved(cards: Map<string, CardState>, use: Use): CardState {
  let card = cards.get(use.iccid);
  if (card === undefined) {
    card = {
      imei: undefined,
      isChanged: false,
      changes: [],
      recent: [],
      day: -1,
      dayUp: 0,
      dayDown: 0,
      month: -1,
      monthUsed: 0,
      lat: undefined,
      lon: 0,
      placeMs: 0,
      metres: -1,
      kmh: 0,
      peers: [],
      lastMs: -1,
      isAwake: false,
      edges: Array(12).fill(-1),
    };
    cards.set(use.iccid, card);
  }
  const { atMs } = use;
  card.isChanged = use.imei !== undefined && card.imei !== undefined && card.imei !== use.imei;
  if (use.imei !== undefined) card.imei = use.imei;
  const hour = Math.floor(atMs / HOUR);
  if (card.isChanged) add(card.changes, hour);
  forget(card.changes, hour - 23);
  const minute = Math.floor(atMs / MINUTE);
  add(card.recent, minute);
  forget(card.recent, minute - 9);
  const day = Math.floor(atMs / DAY);
  if (card.day !== day) [card.day, card.dayUp, card.dayDown] = [day, 0, 0];
  card.dayUp += use.up;
  card.dayDown += use.down;
  const month = monthOf(atMs);
  if (card.month !== month) [card.month, card.monthUsed] = [month, 0];
  card.monthUsed += use.up + use.down;
  moveTo(card, use);
  if (use.peer !== undefined) {
    const pane = Math.floor(atMs / (5 * MINUTE));
    const at = card.peers.findIndex(each => each.peer === use.peer);
    if (at >= 0) card.peers.splice(at, 1);
    card.peers.push({ peer: use.peer, pane });
    if (card.peers.length > 13) card.peers.shift();
  }
  const oldest = Math.floor(atMs / (5 * MINUTE)) - 11;
  while (card.peers.length > 0 && (card.peers[0] as { pane: number }).pane < oldest) card.peers.shift();
  card.isAwake = card.lastMs >= 0 && atMs - card.lastMs > 10 * HOUR;
  card.lastMs = atMs;
  return card;
}

function moveTo(card: CardState, use: Use): void {
  card.metres = -1;
  if (use.lat === undefined || use.lon === undefined) return;
  if (card.lat !== undefined) {
    const radians = (e6: number): number => (e6 / 1e6 / 180) * Math.PI;
    const half = (x: number): number => Math.sin(x / 2) ** 2;
    const h =
      half(radians(use.lat - card.lat)) +
      Math.cos(radians(card.lat)) * Math.cos(radians(use.lat)) * half(radians(use.lon - card.lon));
    card.metres = Math.floor(2 * 6_371_009 * Math.asin(Math.min(1, Math.sqrt(h))));
    card.kmh = Math.floor((card.metres * 3600) / Math.max(1000, use.atMs - card.placeMs));
  }
  [card.lat, card.lon, card.placeMs] = [use.lat, use.lon, use.atMs];
}

function add(panes: { pane: number; count: number }[], pane: number): void {
  const last = panes.at(-1);
  if (last?.pane === pane) last.count += 1;
  else panes.push({ pane, count: 1 });
}

function forget(panes: { pane: number; count: number }[], oldest: number): void {
  while (panes.length > 0 && (panes[0] as { pane: number }).pane < oldest) panes.shift();
}

export function total(panes: readonly { count: number }[]): number {
  return panes.reduce((sum, { count }) => sum + count, 0);
}

const months = new Map<number, number>();
function monthOf(atMs: number): number {
  const day = Math.floor(atMs / DAY);
  let month = months.get(day);
  if (month === undefined) {
    const date = new Date(atMs);
    month = date.getUTCFullYear() * 12 + date.getUTCMonth();
    months.set(day, month);
  }
  return month;
}
