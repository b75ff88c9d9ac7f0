import type { Attribute } from './packet.ts';

/**
 * How the access servers of a provider are told to limit a session: the attribute that says it, as RADIUS numbers it
 * and as FreeRADIUS names it, and its value for a limited and for a free session.
 */
export interface LimitForm {
  readonly name: string;
  readonly limited: Attribute;
  readonly free: Attribute;
  /** The limiting value as a network that asks first is told it. */
  readonly shown: string | number;
}

type Options = Readonly<Record<string, string>>;

const NAMES = ['limitAttribute', 'limitNumber', 'limitForm', 'limitValue', 'unlimitValue'];
const ATTRIBUTE = /^[A-Za-z][A-Za-z0-9-]{0,62}$/;
const NUMBER = /^(?:(\d{1,8})\/)?(\d{1,3})$/;
/** Of the attributes without a vendor those that say what a session may do: Filter-Id (RFC 2865), NAS-Filter-Rule (RFC 4849). */
const PLAIN: ReadonlySet<number> = new Set([11, 92]);
/** RFC 2865 §5.26: what is left of an attribute for a vendor's value. */
const MOST_BYTES = 247;

/** The option that can't be used, null when all can; all of them are given or none. */
export function faultOfLimit(options: Options): string | null {
  const unknown = Object.keys(options).find(name => !NAMES.includes(name));
  if (unknown !== undefined) return unknown;
  if (Object.keys(options).length === 0) return null;
  const missing = NAMES.find(name => options[name] === undefined);
  if (missing !== undefined) return missing;
  if (!ATTRIBUTE.test(options['limitAttribute'] as string)) return 'limitAttribute';
  if (numberOf(options['limitNumber'] as string) === null) return 'limitNumber';
  const form = options['limitForm'] as string;
  if (!FORMS.has(form)) return 'limitForm';
  return ['limitValue', 'unlimitValue'].find(name => bytesOf(form, options[name] as string) === null) ?? null;
}

/** Null where the provider has none, or one that can't be used. */
export function limitFormOf(options: Options): LimitForm | null {
  if (Object.keys(options).length === 0 || faultOfLimit(options) !== null) return null;
  const { limitAttribute, limitNumber, limitForm, limitValue, unlimitValue } = options as Record<
    string,
    string
  >;
  const number = numberOf(limitNumber as string) as Omit<Attribute, 'value'>;
  const valued = (text: string): Attribute => ({
    ...number,
    value: bytesOf(limitForm as string, text) as Buffer,
  });
  return {
    name: limitAttribute as string,
    limited: valued(limitValue as string),
    free: valued(unlimitValue as string),
    shown: limitForm === 'number' ? Number(limitValue) : (limitValue as string),
  };
}

/** `11`, or with its vendor `14988/8`. */
function numberOf(text: string): Omit<Attribute, 'value'> | null {
  const found = NUMBER.exec(text);
  if (found === null) return null;
  const type = Number(found[2]);
  if (type < 1 || type > 255) return null;
  if (found[1] === undefined) return PLAIN.has(type) ? { type } : null;
  const vendor = Number(found[1]);
  return vendor >= 1 && vendor < 2 ** 24 ? { type, vendor } : null;
}

const FORMS: ReadonlyMap<string, (text: string) => Buffer | null> = new Map([
  ['text', (text: string) => (/\p{Cc}/u.test(text) ? null : Buffer.from(text, 'utf8'))],
  [
    'number',
    (text: string) => {
      if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** 32) return null;
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(Number(text));
      return bytes;
    },
  ],
  [
    'octets',
    (text: string) => (/^0x(?:[0-9a-f]{2})+$/.test(text) ? Buffer.from(text.slice(2), 'hex') : null),
  ],
]);

/** RFC 2865 §5: text, a number of 32 bits, or octets as `0x…`. */
function bytesOf(form: string, text: string): Buffer | null {
  const bytes = FORMS.get(form)?.(text) ?? null;
  return bytes !== null && bytes.length >= 1 && bytes.length <= MOST_BYTES ? bytes : null;
}
