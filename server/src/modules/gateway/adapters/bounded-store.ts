import memory from 'aedes-persistence';

/** Messages that wait for one device that is away, and topics at which a party's devices keep a message. */
export const MOST_WAITING = 1_000;
export const MOST_RETAINED = 10_000;

/** A message as the store holds it. */
export interface KeptPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly clientId?: string;
  readonly messageId?: number;
}

/** What the broker's store in memory offers of what is used here. */
export interface BrokerStore {
  setup(broker: unknown): Promise<void>;
  outgoingEnqueueCombi(subs: readonly { clientId: string }[], packet: KeptPacket): Promise<void>;
  outgoingClearMessageId(
    client: { id: string },
    packet: Partial<KeptPacket>,
  ): Promise<KeptPacket | undefined>;
  outgoingStream(client: { id: string }): AsyncIterable<KeptPacket>;
  cleanSubscriptions(client: { id: string }): Promise<void>;
  cleanIncoming(client: { id: string }): Promise<void>;
  createRetainedStream(pattern: string): AsyncIterable<KeptPacket>;
  storeRetained(packet: KeptPacket): Promise<void>;
  delWill(client: { id: string }): Promise<KeptPacket | undefined>;
}

/**
 * The broker's own store, which keeps no more for a device that is away than is bounded: what comes then is left out
 * (MQTT allows a server limits, 3.1.1 §4.1) and counted.
 */
export function boundedStore(onLeftOut: () => void): BrokerStore {
  // Its declared types are of another release: what it exports is this.
  const store = (memory as unknown as () => BrokerStore)();
  const waiting = new Map<string, number>();
  const count = (id: string, by: number): void => {
    const now = (waiting.get(id) ?? 0) + by;
    if (now > 0) waiting.set(id, now);
    else waiting.delete(id);
  };
  const enqueue = store.outgoingEnqueueCombi.bind(store);
  const clear = store.outgoingClearMessageId.bind(store);
  store.outgoingEnqueueCombi = async (subs, packet) => {
    const roomy = subs.filter(({ clientId }) => (waiting.get(clientId) ?? 0) < MOST_WAITING);
    for (let i = roomy.length; i < subs.length; i++) onLeftOut();
    for (const { clientId } of roomy) count(clientId, 1);
    await enqueue(roomy, packet);
  };
  store.outgoingClearMessageId = async (client, packet) => {
    const cleared = await clear(client, packet);
    if (cleared !== undefined) count(client.id, -1);
    return cleared;
  };
  return store;
}
