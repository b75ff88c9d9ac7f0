import { languageNow, say } from './words.js';

export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/**
 * @param {unknown} instant milliseconds since 1970 or RFC 3339
 * @returns {number | undefined}
 */
export function millis(instant) {
  const ms = typeof instant === 'number' ? instant : typeof instant === 'string' ? Date.parse(instant) : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}

/**
 * A `<time>` with its zone shown.
 *
 * @param {unknown} instant
 * @param {string} [zone] IANA zone; the reader's own by default
 */
export function timeOf(instant, zone) {
  const ms = millis(instant);
  if (ms === undefined) return null;
  const element = document.createElement('time');
  element.dateTime = new Date(ms).toISOString();
  element.textContent = written(ms, zone);
  return element;
}

/**
 * @param {number} ms
 * @param {string} [zone]
 */
function written(ms, zone = ownZone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const shape = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'shortOffset' };
  try {
    return put(new Intl.DateTimeFormat('en', { ...shape, timeZone: zone }), ms);
  } catch {
    return put(new Intl.DateTimeFormat('en', { ...shape, timeZone: 'UTC' }), ms);
  }
}

/**
 * @param {Intl.DateTimeFormat} format
 * @param {number} ms
 */
function put(format, ms) {
  /** @type {Record<string, string>} */
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const offset = (part['timeZoneName'] ?? '').replace('GMT', 'UTC');
  return `${part['year']}-${part['month']}-${part['day']} ${part['hour']}:${part['minute']}:${part['second']} ${offset}`;
}

/**
 * A length of time in its two largest units.
 *
 * @param {number} ms not negative
 */
export function span(ms) {
  const seconds = Math.floor(ms / 1000);
  const [d, h, m, s] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  if (d > 0) return say('span.days', { d, h });
  if (h > 0) return say('span.hours', { h, m });
  if (m > 0) return say('span.minutes', { m, s });
  return say('span.seconds', { s });
}

/** @param {number | undefined} count */
export function figure(count) {
  return count === undefined ? '' : new Intl.NumberFormat(languageNow() === 'zh' ? 'zh-CN' : 'en').format(count);
}
