import { type Clock, MINUTE_MS } from '../../../kernel/time.ts';
import { not } from './faults.ts';

/**
 * Counts what each consumer asks in a minute, in this process. Refuses `camara-quota-exceeded` from one more than
 * `perMinute` on; the next minute begins anew, and so does one the clock was set back to.
 */
export function quota(perMinute: number): (clock: Clock, consumer: string) => void {
  const counts = new Map<string, number>();
  let minute = 0;
  return (clock, consumer) => {
    const now = Math.floor(clock.now() / MINUTE_MS);
    if (now !== minute) counts.clear();
    minute = now;
    const count = (counts.get(consumer) ?? 0) + 1;
    counts.set(consumer, count);
    if (count > perMinute) throw not('camara-quota-exceeded');
  };
}
