import { createHash, randomUUID } from 'node:crypto';

const MOST_DEVICES = 20_000;
const MOST_IDS = 64;

export interface Sent {
  readonly messageId: number;
  readonly isAgain: boolean;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/**
 * Names for messages, so that one sent again is the same record (MQTT 3.1.1 §4.4). The number of a message is used again
 * soon, often for equal contents: only one that says it is sent again, with the number and contents of one that came, is
 * the one that came. What was seen is kept for the last messages of each device, in this process.
 */
export class Deliveries {
  private readonly devices = new Map<string, Map<number, { digest: string; id: string }>>();

  /** The name of a message of a device; `device` is unique among all parties. */
  nameOf(device: string, { messageId, isAgain, topic, payload }: Sent): string {
    const seen = this.seenOf(device);
    const digest = createHash('sha256').update(topic).update('\0').update(payload).digest('hex');
    const before = seen.get(messageId);
    if (isAgain && before?.digest === digest) return before.id;
    const id = randomUUID();
    seen.delete(messageId);
    seen.set(messageId, { digest, id });
    dropOldest(seen, MOST_IDS);
    return id;
  }

  private seenOf(device: string): Map<number, { digest: string; id: string }> {
    const seen = this.devices.get(device) ?? new Map();
    this.devices.delete(device);
    this.devices.set(device, seen);
    dropOldest(this.devices, MOST_DEVICES);
    return seen;
  }
}

function dropOldest<K>(map: Map<K, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
