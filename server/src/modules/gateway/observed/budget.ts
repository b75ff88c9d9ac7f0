import { MINUTE_MS } from '../../../kernel/time.ts';

/** Events of one device told in a minute; the others are counted. Being refused floods no corridor. */
export const MOST_EVENTS = 60;
const MOST_DEVICES = 50_000;

export class EventBudget {
  private minute = -1;
  private counts = new Map<number, number>();
  leftOut = 0;

  /** Whether one more event of the certificate is told at the moment. */
  take(credentialId: number, nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.counts = new Map();
    }
    const told = this.counts.get(credentialId) ?? 0;
    if (told < MOST_EVENTS && (told > 0 || this.counts.size < MOST_DEVICES)) {
      this.counts.set(credentialId, told + 1);
      return true;
    }
    this.leftOut += 1;
    return false;
  }
}
