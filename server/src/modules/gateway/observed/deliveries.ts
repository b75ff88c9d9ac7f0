import { createHash, randomUUID } from 'node:crypto';
import { dropOldest } from '../oldest.ts';

const MOST_DEVICES = 20_000;
const MOST_IDS = 64;

export interface Sent {
  readonly messageId: number;
  /** The client says so. */
  readonly isAgain: boolean;
  /** The client goes on with the session it had, so a number of a message without an acknowledgement is still that one's. */
  readonly isSessionKept: boolean;
  readonly topic: string;
  readonly payload: Uint8Array;
}

interface Seen {
  readonly digest: string;
  readonly id: string;
  isStored: boolean;
}

/**
 * Names for messages, so that one sent again is the same record (MQTT 3.1.1 §4.4). The number of a message is used again
 * soon, often for equal contents: only one that says it is sent again, with the number and contents of one that came, is
 * the one that came. Widely used clients forget to say it; so in a session that goes on, where a number is not free before
 * its acknowledgement (§2.3.1), one that was never acknowledged is known again without it. What was seen is kept for the last messages of each device, in this process.
 */
export class Deliveries {
  private readonly devices = new Map<string, Map<number, Seen>>();

  /** The name of a message of a device; `device` is unique among all parties. */
  nameOf(device: string, { messageId, isAgain, isSessionKept, topic, payload }: Sent): string {
    const seen = this.seenOf(device);
    const digest = createHash('sha256').update(topic).update('\0').update(payload).digest('hex');
    const before = seen.get(messageId);
    if (before?.digest === digest && (isAgain || (isSessionKept && !before.isStored))) return before.id;
    const id = randomUUID();
    seen.delete(messageId);
    seen.set(messageId, { digest, id, isStored: false });
    dropOldest(seen, MOST_IDS);
    return id;
  }

  /** The message of that name is durable, and is about to be acknowledged. */
  stored(device: string, messageId: number, id: string): void {
    const seen = this.devices.get(device)?.get(messageId);
    if (seen?.id === id) seen.isStored = true;
  }

  private seenOf(device: string): Map<number, Seen> {
    const seen = this.devices.get(device) ?? new Map();
    this.devices.delete(device);
    this.devices.set(device, seen);
    dropOldest(this.devices, MOST_DEVICES);
    return seen;
  }
}
