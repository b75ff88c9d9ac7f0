import type { RemoteInfo, Socket } from 'node:dgram';
import type { Logger } from '../../../../kernel/log.ts';
import type { Clock } from '../../../../kernel/time.ts';
import type { RecordFormat } from '../../../../spine/observations/format.ts';
import type { Gathering } from '../../../../spine/observations/gathered/gathering.ts';
import type { KnownSources } from '../../../../spine/observations/gathered/read-post.ts';
import type { Cut } from '../../../../spine/observations/observation.ts';
import { cutOf, valuesOf } from './as-detail.ts';
import { isRequestOf, messageAuthenticatorOf, signedResponse, ZERO_AUTHENTICATOR } from './authenticators.ts';
import type { Client, KnownClients } from './clients.ts';
import { TYPES } from './dictionary.ts';
import { CODES, type Packet, readPacket } from './packet.ts';
import { RepeatedRequests } from './repeated.ts';
import { type ServerWord, type SessionBook, wordOf } from './session-book.ts';
import type { SessionWord } from './session-store.ts';

/** What came of packets since the start; each is counted once under what became of it. */
export interface AccountingCounts {
  answered: number;
  /** Sent again while the first was under way, or after it was answered. */
  repeated: number;
  /** From an address that is no client's; dropped (RFC 2865 §3). */
  unknownClient: number;
  malformed: number;
  /** Not made by who holds the secret: the request authenticator, or the Message-Authenticator, is false. */
  badAuthenticator: number;
  /** Of another kind than an Accounting-Request. */
  otherCode: number;
  /** Not answered because it could not be made durable; the server sends it again. */
  withheld: number;
}

export interface AccountingDoors {
  readonly clients: KnownClients;
  readonly sources: KnownSources;
  readonly gathering: Gathering;
  readonly formats: ReadonlyMap<string, RecordFormat>;
  readonly book: SessionBook;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each session that goes on, after it is durable. */
  heard(word: SessionWord): void;
}

/**
 * Takes Accounting-Requests in (RFC 2866). One is answered only after the commit that holds its record, and its
 * session, is durable (E-01); what cannot be taken is not answered, and comes again. One that comes again is answered
 * again and adds nothing.
 */
export class Accounting {
  readonly counts: AccountingCounts = {
    ...{ answered: 0, repeated: 0, unknownClient: 0, malformed: 0 },
    ...{ badAuthenticator: 0, otherCode: 0, withheld: 0 },
  };
  private readonly repeated = new RepeatedRequests();
  private readonly doors: AccountingDoors;
  private readonly socket: Socket;
  private underWay = 0;

  constructor(doors: AccountingDoors, socket: Socket) {
    this.doors = doors;
    this.socket = socket;
    socket.on('message', (datagram, from) => this.receive(datagram, from));
  }

  /** Requests that are not answered yet. */
  get waiting(): number {
    return this.underWay;
  }

  private receive(datagram: Buffer, from: RemoteInfo): void {
    const proven = provenOf(this.doors.clients.at(from.address), datagram);
    if (typeof proven === 'string') {
      this.counts[proven] += 1;
      return;
    }
    const { client, packet, secret } = proven;
    const name = `${from.address} ${from.port} ${packet.id} ${packet.authenticator.toString('latin1')}`;
    const seen = this.repeated.seen(name, this.doors.clock.now());
    if (seen !== 'new') {
      this.counts.repeated += 1;
      if (seen !== 'waits') this.socket.send(seen, from.port, from.address);
      return;
    }
    this.underWay += 1;
    void this.take(client, packet)
      .then(
        () => this.answer(name, packet, secret, from),
        cause => this.withhold(name, client, cause),
      )
      .finally(() => {
        this.underWay -= 1;
      });
  }

  /** Resolves when the record and what it says of its session are durable. */
  private async take(client: Client, packet: Packet): Promise<void> {
    const { sources, formats, gathering, book, clock } = this.doors;
    const { partyId } = client;
    const receipt = { from: client.address, atMs: clock.now() };
    const source = await sources.open(partyId, client.sourceId);
    const format = formats.get(source.format);
    if (format === undefined) throw new Error(`no format ${source.format}`);
    const profile =
      client.direction === null ? source.profile : { ...source.profile, direction: client.direction };
    const cut = await cutOf(format, profile, packet, receipt);
    await gathering.take({ partyId, label: 'radius' }, source, [cut]);
    const word = wordIn(client, cut, packet, receipt.atMs);
    if (word === null) return;
    await book.hear(word);
    if ('series' in word) this.doors.heard(word);
  }

  private answer(name: string, packet: Packet, secret: Buffer, from: RemoteInfo): void {
    // RFC 2865 §5.33: what proxies added on the way goes back with the answer, in its order.
    const proxied = packet.attributes.filter(
      ({ type, vendor }) => vendor === undefined && type === TYPES.proxyState,
    );
    const answer = signedResponse(CODES.accountingResponse, packet, proxied, secret);
    this.repeated.answered(name, answer);
    this.counts.answered += 1;
    this.socket.send(answer, from.port, from.address);
  }

  private withhold(name: string, client: Client, cause: unknown): void {
    this.repeated.failed(name);
    this.counts.withheld += 1;
    if (this.counts.withheld % 1_000 === 1)
      this.doors.log.warn(
        { client: client.clientId, err: cause },
        'accounting could not be taken and is not answered',
      );
  }
}

function wordIn(
  client: Client,
  { outcome }: Cut,
  packet: Packet,
  atMs: number,
): SessionWord | ServerWord | null {
  return 'reading' in outcome ? wordOf(client, outcome.reading, valuesOf(packet), atMs) : null;
}

interface Proven {
  readonly client: Client;
  readonly packet: Packet;
  /** The one of the client's secrets that it was made with. */
  readonly secret: Buffer;
}

/** A request that is its client's, or under what it is counted and dropped. */
function provenOf(client: Client | undefined, datagram: Buffer): Proven | keyof AccountingCounts {
  if (client === undefined) return 'unknownClient';
  const packet = readPacket(datagram);
  if ('fault' in packet) return 'malformed';
  if (packet.code !== CODES.accountingRequest) return 'otherCode';
  const secret = client.secrets.find(each => isRequestOf(packet, each));
  if (secret === undefined) return 'badAuthenticator';
  const hmac = messageAuthenticatorOf(packet, ZERO_AUTHENTICATOR, secret);
  if (hmac === 'bad' || (hmac === 'absent' && client.needsHmac)) return 'badAuthenticator';
  return { client, packet, secret };
}
