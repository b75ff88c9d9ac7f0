import type { IPublishPacket, UserProperties } from 'mqtt-packet';

/** Everything of devices lies below this in Mosquitto: the only topics gateways may use there. */
export const TREE = 'd';

/** The property of a message that says which device sent it; what a device puts there itself is overwritten. */
export const SENDER = 'thingward-sender';

/** What a party's topics and clients are called in Mosquitto, which has one space for all. */
export class PartyNames {
  private readonly prefix: string;
  private readonly partyId: number;

  constructor(partyId: number) {
    this.partyId = partyId;
    this.prefix = `${TREE}/${partyId}/`;
  }

  client(reference: string): string {
    return `${this.partyId}.${reference}`;
  }

  within(topic: string): string {
    return this.prefix + topic;
  }

  /** The topic as devices know it; null for one that is not the party's. */
  without(topic: string): string | null {
    return topic.startsWith(this.prefix) ? topic.slice(this.prefix.length) : null;
  }
}

interface Stamped {
  readonly responseTopic?: string;
  readonly userProperties?: UserProperties;
}

/** The properties of a message as they go to Mosquitto. */
export function stamped<T extends Stamped>(given: T | undefined, names: PartyNames, sender: string) {
  const { responseTopic, userProperties, ...rest } = given ?? ({} as T);
  return {
    ...rest,
    ...(responseTopic === undefined ? {} : { responseTopic: names.within(responseTopic) }),
    userProperties: { ...userProperties, [SENDER]: sender },
  };
}

/** The properties as a device gets them, and who sent the message. */
export function unstamped(given: IPublishPacket['properties'], names: PartyNames) {
  const { responseTopic, userProperties = {}, ...rest } = given ?? {};
  const { [SENDER]: sender, ...own } = userProperties;
  const answerTo = responseTopic === undefined ? null : names.without(responseTopic);
  return {
    sender: typeof sender === 'string' ? sender : null,
    properties: {
      ...rest,
      ...(answerTo === null ? {} : { responseTopic: answerTo }),
      ...(Object.keys(own).length === 0 ? {} : { userProperties: own }),
    },
  };
}
