import { createHash, randomUUID } from 'node:crypto';
import type { Logger } from '../../../kernel/log.ts';
import type { Credential } from '../../../spine/credentials.ts';
import { type Gathering, gatheringOf } from '../../../spine/observations/gathered/gathering.ts';
import type { IntakeDoors } from '../../../spine/observations/intake.ts';
import type { Body, Cut } from '../../../spine/observations/observation.ts';
import { ownSourceOf, type Source } from '../../../spine/own-source.ts';
import { CONNECTION, TELEMETRY } from './kinds.ts';
import { modemIn } from './modem.ts';

/** Longest text of a message that is kept as such; of a longer one, and of what is no text, the digest and the size. */
export const MOST_TEXT = 400;

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly transport: 'mqtt' | 'https';
  readonly qos: number;
  readonly isWill: boolean;
  /** The same name again is the same message. */
  readonly name: string;
}

/** Of whom something is told. */
export type Whose = Pick<Credential, 'credentialId' | 'partyId' | 'claim'>;

export interface ConnectionEvent {
  readonly event: 'connected' | 'ended' | 'refused' | 'withheld';
  readonly reason: string;
  readonly transport: 'mqtt' | 'https' | 'tls';
  readonly tls: string;
  readonly address: string;
  readonly topic?: string;
}

/** Puts what devices send, and what becomes of their connections, on the corridor. */
export class Recorder {
  private readonly sources = new Map<string, Promise<Source>>();
  private readonly intake: IntakeDoors;
  private readonly gathering: Gathering;

  constructor(intake: IntakeDoors, log: Logger) {
    this.intake = intake;
    this.gathering = gatheringOf(intake, log);
  }

  /** When this returns, the message is durable, or was before (E-01). Refuses `intake-full`. */
  async message(of: Whose, { topic, payload, transport, qos, isWill, name }: Message): Promise<void> {
    const text = textOf(payload);
    await this.keep(of, TELEMETRY, name, {
      ...{ topic, transport, qos, isWill, sizeBytes: payload.length },
      ...(text === null ? {} : { text, ...modemIn(text) }),
      payloadSha256: createHash('sha256').update(payload).digest('hex'),
    });
  }

  async connection(of: Whose, event: ConnectionEvent): Promise<void> {
    await this.keep(of, CONNECTION, randomUUID(), { ...event, certificate: String(of.credentialId) });
  }

  private async keep(of: Whose, kind: string, id: string, body: Body): Promise<void> {
    const source = await this.sourceOf(of.partyId, kind);
    const atMs = this.intake.clock.now();
    const raw = Buffer.from(`${JSON.stringify({ id, claim: of.claim, atMs, body })}\n`);
    const reading = { kind, claim: of.claim, observedAtMs: atMs, timeMark: 'receipt', body } as const;
    const cut: Cut = {
      recordNo: 1,
      raw,
      outcome: { reading: { ...reading, recordId: `${of.claim} ${id}` } },
    };
    await this.gathering.take({ partyId: of.partyId, label: 'gateway' }, source, [cut]);
  }

  /** A source that could not be read is asked for again the next time. */
  private sourceOf(partyId: number, kind: string): Promise<Source> {
    const name = `${partyId} ${kind}`;
    const known = this.sources.get(name);
    if (known !== undefined) return known;
    const asked = ownSourceOf(this.intake, partyId, kind);
    this.sources.set(name, asked);
    asked.catch(() => this.sources.delete(name));
    return asked;
  }
}

/** Null for octets that are no text a database holds. */
function textOf(payload: Buffer): string | null {
  if (payload.length > MOST_TEXT) return null;
  const text = payload.toString('utf8');
  return /[\0\ufffd]/.test(text) ? null : text;
}
