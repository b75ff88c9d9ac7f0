/**
 * Topics and filters as MQTT has them (MQTT 3.1.1 §4.7), and the patterns by which rights are given. A pattern is a filter
 * in which `{device}`, `{product}` and `{serial}` stand for the holder of a certificate. There are no denials: what no
 * pattern covers is denied, so no wildcard of a reader gets around one.
 */

/** Levels and octets of a pattern and of what is asked under it. */
export const MOST_LEVELS = 16;
export const MOST_TOPIC = 256;
export const MOST_PATTERNS = 64;

const PLACES = /\{(device|product|serial)\}/g;

export interface Holder {
  readonly product: string;
  readonly serial: string;
}

/** `meter-3:A0001` in its two parts. No identity holds more than one colon. */
export function holderOf(reference: string): Holder {
  const colon = reference.indexOf(':');
  return { product: reference.slice(0, colon), serial: reference.slice(colon + 1) };
}

/** What is wrong with a pattern, or null. */
export function faultOfPattern(
  pattern: string,
): 'length' | 'characters' | 'wildcard' | 'place' | 'reserved' | null {
  if (pattern.replaceAll(PLACES, '').match(/[{}]/) !== null) return 'place';
  return faultOfFilter(pattern);
}

/** What is wrong with a filter or a topic, or null; `$` begins what is the broker's own, shared subscriptions too. */
export function faultOfFilter(filter: string): 'length' | 'characters' | 'wildcard' | 'reserved' | null {
  const levels = filter.split('/');
  if (filter === '' || Buffer.byteLength(filter) > MOST_TOPIC || levels.length > MOST_LEVELS) return 'length';
  if (/[\p{Cc}\p{Cs}\p{Cn}\ufeff]/u.test(filter)) return 'characters';
  if (filter.startsWith('$')) return 'reserved';
  const isMisplaced = levels.some((level, i) =>
    level.includes('#') ? level !== '#' || i < levels.length - 1 : level.includes('+') && level !== '+',
  );
  return isMisplaced ? 'wildcard' : null;
}

/**
 * The pattern with the holder put in its places, literally: names of devices hold nothing that is read as structure
 * (I-17), and a replacement is not looked at again.
 */
export function patternFor(pattern: string, { product, serial }: Holder): string {
  const parts = { device: `${product}:${serial}`, product, serial };
  return pattern.replace(PLACES, (_, place: keyof typeof parts) => parts[place]);
}

/** Whether every topic that the filter matches is matched by the pattern too. A topic is a filter without wildcards. */
export function covers(pattern: string, filter: string): boolean {
  const [wide, narrow] = [pattern.split('/'), filter.split('/')];
  for (let i = 0; ; i++) {
    // `a/#` matches `a` itself as well (MQTT 3.1.1 §4.7.1.2).
    if (wide[i] === '#') return true;
    if (i === narrow.length) return i === wide.length;
    if (i === wide.length || narrow[i] === '#') return false;
    if (wide[i] !== '+' && wide[i] !== narrow[i]) return false;
  }
}
