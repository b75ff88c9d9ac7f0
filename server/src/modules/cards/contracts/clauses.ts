import { type Static, Type } from 'typebox';
import { DAY_MS } from '../../../kernel/time.ts';
import { readImei } from '../identifiers/imei.ts';
import type { TermValue } from '../terms.ts';
import type { SaleRules } from './sale-rules.ts';

const closed = { additionalProperties: false };
const Text = Type.String({ minLength: 1, maxLength: 500 });
const Word = Type.String({ minLength: 1, maxLength: 200 });
const Words = Type.Array(Word, { maxItems: 2_000 });
/** A clause of the contract's own text: where it stands, and what it says. */
const Clause = Type.Object({ clause: Word, text: Type.String({ minLength: 1, maxLength: 4_000 }) }, closed);
/** RFC 3339 with its zone; read by `momentOf`. */
export const Moment = Type.String({ maxLength: 40 });

const OneFunction = Type.Union([
  Type.Literal('sms'),
  Type.Literal('voice'),
  Type.Literal('handset'),
  Type.Literal('general-data'),
]);

/**
 * What a contract says, as fields that can be checked (C-06). `functions`, `capBytes` and `regions` are what may be
 * opened under it at most, not what is open: see `compiled`. `destinations` are where a card may send to: `apn:…` or
 * `host:…`. `regions` are MCCs (three digits) or PLMNs (five or six).
 *
 * A draft may leave anything out; `faultsOf` says what keeps it from being signed.
 */
export const Clauses = Type.Object(
  {
    buyer: Type.Optional(Text),
    seller: Type.Optional(Text),
    channel: Type.Optional(Word),
    class: Type.Optional(Word),
    scenario: Type.Optional(Text),
    deviceType: Type.Optional(Text),
    functions: Type.Optional(Type.Array(OneFunction, { maxItems: 10 })),
    capBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    capWindow: Type.Optional(Type.Union([Type.Literal('month'), Type.Literal('day')])),
    regions: Type.Optional(Words),
    destinations: Type.Optional(Words),
    binding: Type.Optional(
      Type.Union([Type.Literal('single'), Type.Literal('pool'), Type.Literal('first-bill')]),
    ),
    imeis: Type.Optional(Words),
    tacs: Type.Optional(Words),
    /** Until then cards may be in any device. */
    testUntil: Type.Optional(Moment),
    servicePeers: Type.Optional(Words),
    zone: Type.Optional(Word),
    from: Type.Optional(Moment),
    to: Type.Optional(Moment),
    realName: Type.Optional(Clause),
    penalty: Type.Optional(Clause),
  },
  closed,
);
export type Clauses = Static<typeof Clauses>;

/** What keeps a contract from being signed: the field, and a word for the fault. */
export interface ClauseFault {
  readonly field: keyof Clauses;
  readonly fault: string;
}

const NEEDED = [
  'buyer',
  'seller',
  'channel',
  'class',
  'scenario',
  'deviceType',
  'capBytes',
  'regions',
  'destinations',
  'binding',
  'from',
  'to',
] as const satisfies readonly (keyof Clauses)[];

/** An instant out of RFC 3339 text that names its zone, or null; the years 1900 to 9999 alone. */
export function momentOf(text: string | undefined): number | null {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text))
    return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms < Date.UTC(1900, 0) ? null : ms;
}

/** Everything that keeps the contract from being signed at a moment (C-06, C-10); pure. */
export function faultsOf(clauses: Clauses, rules: SaleRules, atMs: number): ClauseFault[] {
  const faults: ClauseFault[] = [];
  const fault = (field: keyof Clauses, what: string): void => void faults.push({ field, fault: what });
  for (const field of NEEDED) if (isEmpty(clauses[field])) fault(field, 'missing');
  if (!isSaid(clauses.realName)) fault('realName', 'duty-not-stated');
  if (!isSaid(clauses.penalty)) fault('penalty', 'penalties-not-stated');
  const channel = clauses.channel?.normalize('NFKC').trim().toLowerCase();
  if (channel !== undefined && channel !== '') {
    if (rules.forbiddenChannels.includes(channel)) fault('channel', 'forbidden');
    else if (!rules.channels.includes(channel)) fault('channel', 'unknown');
  }
  if (clauses.regions?.some(each => !/^(\d{3}|\d{5,6})$/.test(each)))
    fault('regions', 'neither-mcc-nor-plmn');
  if (clauses.destinations?.some(each => !/^(apn|host):\S+$/.test(each)))
    fault('destinations', 'neither-apn-nor-host');
  if (clauses.tacs?.some(each => !/^\d{8}$/.test(each))) fault('tacs', 'not-eight-digits');
  if (clauses.imeis?.some(each => 'fault' in readImei(each))) fault('imeis', 'no-imei');
  if (clauses.binding === 'pool' && isEmpty(clauses.imeis) && isEmpty(clauses.tacs))
    fault('binding', 'pool-without-devices');
  termFaults(clauses, rules, atMs, fault);
  return faults;
}

function termFaults(
  clauses: Clauses,
  rules: SaleRules,
  atMs: number,
  fault: (field: keyof Clauses, what: string) => void,
): void {
  const fromMs = momentOf(clauses.from);
  const toMs = momentOf(clauses.to);
  if (clauses.from !== undefined && fromMs === null) fault('from', 'no-moment-with-zone');
  if (clauses.to !== undefined && toMs === null) fault('to', 'no-moment-with-zone');
  if (fromMs === null || toMs === null) return;
  if (toMs <= fromMs) fault('to', 'not-after-from');
  else if (toMs <= atMs) fault('to', 'in-the-past');
  if (toMs - fromMs > rules.longestTermDays * DAY_MS) fault('to', 'term-too-long');
  if (clauses.testUntil === undefined) return;
  const testMs = momentOf(clauses.testUntil);
  if (testMs === null) fault('testUntil', 'no-moment-with-zone');
  else if (testMs <= fromMs || testMs > toMs) fault('testUntil', 'outside-the-term');
  else if (testMs - fromMs > rules.longestTestDays * DAY_MS) fault('testUntil', 'test-too-long');
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function isSaid(clause: Clauses['realName']): boolean {
  return clause !== undefined && clause.clause.trim() !== '' && clause.text.trim().length >= 4;
}

/** A stretch of the contract's terms, as rules judge by them. */
export interface Stretch {
  readonly fromMs: number;
  /** Null for ever. */
  readonly toMs: number | null;
  readonly terms: Readonly<Record<string, TermValue>>;
}

/**
 * The contract as restrictions with validity times (C-06, cards.md §6.1): from its beginning the least that a card
 * needs — voice, SMS and handsets off, the smallest cap, its own destinations, the home region (C-05) — and from its
 * end on nothing at all. Clauses must be free of faults. `endMs` ends it earlier than it says; `beginMs` is when
 * clauses that were amended begin to bind.
 */
export function compiled(
  reference: string,
  clauses: Clauses,
  rules: SaleRules,
  { endMs = null, beginMs = null }: { endMs?: number | null; beginMs?: number | null } = {},
): readonly [Stretch, Stretch] {
  const fromMs = Math.max(momentOf(clauses.from) as number, beginMs ?? -Infinity);
  const toMs = Math.max(fromMs + 1, Math.min(momentOf(clauses.to) as number, endMs ?? Infinity));
  const nothing = { contract: reference, smsAllowed: false, voiceAllowed: false, handsetAllowed: false };
  const base = {
    ...nothing,
    class: clauses.class as string,
    scenario: clauses.scenario as string,
    capBytes: Math.min(clauses.capBytes as number, rules.minimalCapBytes),
    capWindow: clauses.capWindow ?? 'month',
    ...regionsOf(clauses, rules),
    ...destinationsOf(clauses.destinations ?? []),
    ...(isEmpty(clauses.imeis) ? {} : { imeis: keysOf(clauses.imeis ?? []) }),
    ...(isEmpty(clauses.tacs) ? {} : { tacs: clauses.tacs as string[] }),
    ...(isEmpty(clauses.servicePeers) ? {} : { servicePeers: clauses.servicePeers as string[] }),
    ...(clauses.zone === undefined ? {} : { zone: clauses.zone }),
  };
  return [
    { fromMs, toMs, terms: base },
    { fromMs: toMs, toMs: null, terms: { ...nothing, capBytes: 0, capWindow: 'month', contractEnded: true } },
  ];
}

/** 14-digit keys of IMEIs that were checked. */
export function keysOf(imeis: readonly string[]): string[] {
  return imeis.flatMap(each => {
    const read = readImei(each);
    return 'fault' in read ? [] : [read.key];
  });
}

/** Of the agreed regions the home ones; where none is, all that were agreed. */
function regionsOf(clauses: Clauses, rules: SaleRules): { mccs: string[]; plmns?: string[] } {
  const agreed = clauses.regions ?? [];
  const isHome = (each: string): boolean => rules.homeMccs.includes(each.slice(0, 3));
  return splitRegions(agreed.some(isHome) ? agreed.filter(isHome) : agreed);
}

export function splitRegions(regions: readonly string[]): { mccs: string[]; plmns?: string[] } {
  const plmns = regions.filter(each => each.length > 3);
  return { mccs: regions.filter(each => each.length === 3), ...(plmns.length > 0 ? { plmns } : {}) };
}

function destinationsOf(destinations: readonly string[]): { destinations?: string[]; apns?: string[] } {
  const told = (prefix: string): string[] =>
    destinations.filter(each => each.startsWith(prefix)).map(each => each.slice(prefix.length).toLowerCase());
  const [hosts, apns] = [told('host:'), told('apn:')];
  return { ...(hosts.length > 0 ? { destinations: hosts } : {}), ...(apns.length > 0 ? { apns } : {}) };
}
