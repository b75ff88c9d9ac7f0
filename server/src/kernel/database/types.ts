import pg from 'pg';

type TypeParser = (text: string) => unknown;

const OID = { bytea: 17, int8: 20, date: 1082, int8s: 1016, timestamptz: 1184, timestamptzs: 1185 };

/** Stands for `infinity` (and, negated, for `-infinity`) among instants. */
export const FOREVER_MS = Number.MAX_SAFE_INTEGER;

/**
 * How values come out of the database: int8 as a number (checked to be safe), timestamptz as integer
 * milliseconds (`±FOREVER_MS` for the infinities), a date as `YYYY-MM-DD` text, the rest as `pg` has it
 * (bytea a Buffer, jsonb parsed, numeric and xid8 text).
 */
export const ourTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format === 'binary') return pg.types.getTypeParser(oid, 'binary');
    return OURS.get(oid) ?? pg.types.getTypeParser(oid, 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

const OURS = new Map<number, TypeParser>([
  [OID.int8, readInt8],
  [OID.timestamptz, readInstant],
  [OID.date, text => text],
  [OID.int8s, text => readArray(text, readInt8)],
  [OID.timestamptzs, text => readArray(text, readInstant)],
]);

function readInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`an int8 outside the safe integers: ${text}`);
  return value;
}

/** One dimension of values that hold no comma, quote or brace, as numbers and instants do not. */
function readArray(text: string, read: (item: string) => number): (number | null)[] {
  if (text === '{}') return [];
  return text
    .slice(1, -1)
    .split(',')
    .map(item => (item === 'NULL' ? null : read(item.replaceAll('"', ''))));
}

const INSTANT =
  /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

/** Reads an instant as PostgreSQL writes it under `DateStyle = ISO`; microseconds are cut to the millisecond before. */
export function readInstant(text: string): number {
  if (text === 'infinity') return FOREVER_MS;
  if (text === '-infinity') return -FOREVER_MS;
  const parts = INSTANT.exec(text);
  if (parts === null) throw new RangeError(`not an instant as the database writes it: ${text}`);
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = '',
    sign,
    offHour,
    offMinute,
    offSecond,
    before,
  ] = parts;
  const fullYear = before === undefined ? Number(year) : 1 - Number(year);
  const millisecond = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const date = new Date(0);
  date.setUTCFullYear(fullYear, Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), millisecond);
  const offset = (Number(offHour) * 60 + Number(offMinute ?? 0)) * 60 + Number(offSecond ?? 0);
  return date.getTime() - (sign === '-' ? -offset : offset) * 1000;
}
