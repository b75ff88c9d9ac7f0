/** Twelve predicates of the kind rules have, the same by hand, and records to judge. Every field may be absent. */
import type { CelScope } from '../server/src/spine/rules/cel/index.ts';

export const SCOPE: CelScope = {
  variables: {
    observation: {
      service: 'string',
      bytesUp: 'int',
      bytesDown: 'int',
      durationS: 'int',
      imei: 'string',
      country: 'string',
      apn: 'string',
      isRoaming: 'bool',
    },
    bound: { imei: 'string', countries: 'string-list', capBytes: 'int', apn: 'string', isTest: 'bool' },
  },
};

export interface Row {
  readonly observation: {
    readonly service: string | null;
    readonly bytesUp: number | null;
    readonly bytesDown: number | null;
    readonly durationS: number | null;
    readonly imei: string | null;
    readonly country: string | null;
    readonly apn: string | null;
    readonly isRoaming: boolean | null;
  };
  readonly bound: {
    readonly imei: string | null;
    readonly countries: readonly string[] | null;
    readonly capBytes: number | null;
    readonly apn: string | null;
    readonly isTest: boolean | null;
  };
  readonly [variable: string]: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
}

export const PREDICATES: readonly string[] = [
  'observation.imei != bound.imei',
  '!(observation.country in bound.countries)',
  'observation.bytesUp + observation.bytesDown > bound.capBytes',
  'observation.service == "sms" || observation.service == "voice"',
  'observation.bytesUp > 1000000 && observation.bytesDown < 1000',
  'has(bound.apn) && observation.apn != bound.apn',
  'observation.isRoaming && observation.country in ["RU", "CN", "US", "BR"]',
  'observation.durationS >= 3600 && observation.bytesUp + observation.bytesDown == 0',
  '!bound.isTest && observation.service == "data" && observation.bytesUp > 500000',
  'observation.imei.startsWith("35") && observation.durationS > 600 && observation.durationS < 1200',
  '(observation.service == "data" && observation.bytesDown > 900000) || (observation.service == "voice" && observation.durationS > 3000)',
  'has(observation.apn) && observation.apn in ["iot.internal", "iot.test"] && (observation.isRoaming || observation.bytesUp > 990000)',
];

/** Three outcomes by hand, as careful about absence as CEL is: undefined is the error. */
export const HAND_WRITTEN: readonly ((row: Row) => boolean | undefined)[] = [
  r => {
    const a = r.observation.imei;
    const b = r.bound.imei;
    return a == null || b == null ? undefined : a !== b;
  },
  r => {
    const a = r.observation.country;
    const b = r.bound.countries;
    return a == null || b == null ? undefined : !b.includes(a);
  },
  r => {
    const a = r.observation.bytesUp;
    const b = r.observation.bytesDown;
    const c = r.bound.capBytes;
    return a == null || b == null || c == null ? undefined : a + b > c;
  },
  r => {
    const a = r.observation.service;
    return a == null ? undefined : a === 'sms' || a === 'voice';
  },
  r => {
    const a = r.observation.bytesUp;
    if (a != null && !(a > 1_000_000)) return false;
    const b = r.observation.bytesDown;
    if (b == null) return undefined;
    return b < 1_000 ? (a == null ? undefined : true) : false;
  },
  r => {
    const b = r.bound.apn;
    if (b == null) return false;
    const a = r.observation.apn;
    return a == null ? undefined : a !== b;
  },
  r => {
    const a = r.observation.isRoaming;
    if (a === false) return false;
    const b = r.observation.country;
    if (b == null) return undefined;
    if (!(b === 'RU' || b === 'CN' || b === 'US' || b === 'BR')) return false;
    return a == null ? undefined : true;
  },
  r => {
    const a = r.observation.durationS;
    if (a != null && !(a >= 3_600)) return false;
    const b = r.observation.bytesUp;
    const c = r.observation.bytesDown;
    if (b == null || c == null) return undefined;
    return b + c === 0 ? (a == null ? undefined : true) : false;
  },
  r => {
    const a = r.bound.isTest;
    if (a === true) return false;
    const b = r.observation.service;
    if (b != null && b !== 'data') return false;
    const c = r.observation.bytesUp;
    if (c == null) return undefined;
    return c > 500_000 ? (a == null || b == null ? undefined : true) : false;
  },
  r => {
    const a = r.observation.imei;
    if (a != null && !a.startsWith('35')) return false;
    const b = r.observation.durationS;
    if (b == null) return undefined;
    return b > 600 && b < 1_200 ? (a == null ? undefined : true) : false;
  },
  r => {
    const s = r.observation.service;
    const left = dataOver(s, r.observation.bytesDown);
    if (left === true) return true;
    const right = voiceOver(s, r.observation.durationS);
    return right === true ? true : left === undefined || right === undefined ? undefined : false;
  },
  r => {
    const a = r.observation.apn;
    if (a == null) return false;
    if (a !== 'iot.internal' && a !== 'iot.test') return false;
    const b = r.observation.isRoaming;
    if (b === true) return true;
    const c = r.observation.bytesUp;
    if (c != null && c > 990_000) return true;
    return b == null || c == null ? undefined : false;
  },
];

function dataOver(service: string | null, bytes: number | null): boolean | undefined {
  if (service != null && service !== 'data') return false;
  if (bytes != null && !(bytes > 900_000)) return false;
  return service == null || bytes == null ? undefined : true;
}

function voiceOver(service: string | null, seconds: number | null): boolean | undefined {
  if (service != null && service !== 'voice') return false;
  if (seconds != null && !(seconds > 3_000)) return false;
  return service == null || seconds == null ? undefined : true;
}

const SERVICES = ['data', 'data', 'data', 'sms', 'voice'];
const COUNTRIES = ['DE', 'FR', 'IT', 'ES', 'RU', 'US', 'BR', 'CN', 'AT', 'NL'];
const APNS = ['iot.internal', 'iot.test', 'internet', 'iot.fleet'];

/** Records from a seeded generator; one field in fifty is absent. Terms are shared by a thousand cards, as in life. */
export function rows(count: number): Row[] {
  let state = 20_261_125;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
  const maybe = <T>(value: T): T | null => (next(50) === 0 ? null : value);
  const pick = (from: readonly string[]): string => from[next(from.length)]!;
  const imeis = Array.from({ length: 1_000 }, () => `3${next(2) + 4}${String(next(1e9)).padStart(12, '0')}`);
  const terms = Array.from({ length: 1_000 }, (_, card) => ({
    imei: maybe(imeis[card]!),
    countries: maybe([pick(COUNTRIES), pick(COUNTRIES), pick(COUNTRIES)]),
    capBytes: maybe(1_500_000),
    apn: maybe(pick(APNS)),
    isTest: maybe(next(10) === 0),
  }));
  return Array.from({ length: count }, () => {
    const card = next(1_000);
    return {
      observation: {
        service: maybe(pick(SERVICES)),
        bytesUp: maybe(next(20) === 0 ? 0 : next(1_100_000)),
        bytesDown: maybe(next(20) === 0 ? 0 : next(1_100_000)),
        durationS: maybe(next(4_000)),
        imei: maybe(next(20) === 0 ? imeis[next(1_000)]! : imeis[card]!),
        country: maybe(pick(COUNTRIES)),
        apn: maybe(pick(APNS)),
        isRoaming: maybe(next(4) === 0),
      },
      bound: terms[card]!,
    };
  });
}
