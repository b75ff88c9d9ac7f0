import { createHash } from 'node:crypto';

/** A message that is no longer delivered, because the device it is of or for holds no certificate any more. */
export interface Withheld {
  readonly what: 'waiting' | 'kept' | 'will';
  readonly topic: string;
  readonly qos: number;
  /** Reference of the device that sent it; null where that is not known. */
  readonly sender: string | null;
  readonly payload: Uint8Array;
}

/** How many of each kind, and a digest by which the rows can be held against the ledger. */
export function summaryOf(all: readonly Withheld[]) {
  const count = (what: Withheld['what']) => all.filter(each => each.what === what).length;
  return {
    ...{ waiting: count('waiting'), kept: count('kept'), will: count('will') },
    digest: `sha256:${digestOf(all)}`,
  };
}

/** SHA-256 over a line of JSON for each message, in order: what, topic, QoS, sender, SHA-256 of the payload. */
function digestOf(all: readonly Withheld[]): string {
  const whole = createHash('sha256');
  for (const { what, topic, qos, sender, payload } of all) {
    const own = createHash('sha256').update(payload).digest('hex');
    whole.update(`${JSON.stringify([what, topic, qos, sender, own])}\n`);
  }
  return whole.digest('hex');
}
