import { covers, faultOfFilter, holderOf, patternFor } from './topics.ts';

/** What devices of one product of a party may do, as it was set. */
export interface Rights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** What one device may do now. Without rights it may do nothing (I-19). */
export class DeviceRights {
  private readonly publish: readonly string[];
  private readonly subscribe: readonly string[];

  constructor(reference: string, rights: Rights | undefined) {
    const holder = holderOf(reference);
    this.publish = (rights?.publish ?? []).map(pattern => patternFor(pattern, holder));
    this.subscribe = (rights?.subscribe ?? []).map(pattern => patternFor(pattern, holder));
  }

  mayPublish(topic: string): boolean {
    const isTopic = faultOfFilter(topic) === null && !/[+#]/.test(topic);
    return isTopic && this.publish.some(pattern => covers(pattern, topic));
  }

  /** A filter is allowed whole or not at all: what it would match beyond the patterns is never delivered. */
  maySubscribe(filter: string): boolean {
    return faultOfFilter(filter) === null && this.subscribe.some(pattern => covers(pattern, filter));
  }

  mayReceive(topic: string): boolean {
    return this.subscribe.some(pattern => covers(pattern, topic));
  }
}
