import type { Instant } from './answers.ts';
import { useWords, type Words } from './words.ts';

export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

const SHAPE: Intl.DateTimeFormatOptions = {
  ...{
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  },
  ...{ hourCycle: 'h23', timeZoneName: 'shortOffset' },
};
const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds since 1970, or undefined for what is no instant. */
export function millis(instant: unknown): number | undefined {
  const ms =
    typeof instant === 'number' ? instant : typeof instant === 'string' ? Date.parse(instant) : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}

/** A moment with its zone shown: the reader's own, unless another is named (IANA). Nothing for what is no instant. */
export function Moment({ at, zone }: { readonly at: Instant | null | undefined; readonly zone?: string }) {
  const ms = millis(at);
  if (ms === undefined) return null;
  return <time dateTime={new Date(ms).toISOString()}>{written(ms, zone)}</time>;
}

export function written(ms: number, zone = ownZone): string {
  const parts = formatOf(zone).formatToParts(ms);
  const part = new Map(parts.map(({ type, value }) => [type, value]));
  const of = (name: Intl.DateTimeFormatPartTypes): string => part.get(name) ?? '';
  const offset = of('timeZoneName').replace('GMT', 'UTC');
  return `${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}:${of('second')} ${offset}`;
}

/** A zone that the browser does not know is shown in UTC. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const there = formats.get(zone);
  if (there !== undefined) return there;
  const made = madeFormat(zone);
  formats.set(zone, made);
  return made;
}

function madeFormat(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en', { ...SHAPE, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat('en', { ...SHAPE, timeZone: 'UTC' });
  }
}

/** A length of time, not negative, in its two largest units. */
export function span(ms: number, say: Words['say']): string {
  const seconds = Math.floor(ms / 1000);
  const d = Math.floor(seconds / 86_400);
  const h = Math.floor(seconds / 3600) % 24;
  const m = Math.floor(seconds / 60) % 60;
  const s = seconds % 60;
  if (d > 0) return say('span.days', { d, h });
  if (h > 0) return say('span.hours', { h, m });
  if (m > 0) return say('span.minutes', { m, s });
  return say('span.seconds', { s });
}

/** A count with the separators of the reader's language. */
export function useFigure(): (count: number | undefined) => string {
  const { language } = useWords();
  const format = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en');
  return count => (count === undefined ? '' : format.format(count));
}
