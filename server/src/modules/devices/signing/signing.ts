import { Refusal } from '../../../kernel/refusal.ts';
import { openThread, type Thread } from '../../../kernel/threads.ts';
import type { DeviceCode } from '../codes.ts';
import type { KeyType } from '../x509/algorithms.ts';
import type { CrlParts } from '../x509/crl.ts';
import type { Request } from '../x509/request.ts';
import type { Answer, Ask, Told } from './asks.ts';
import type { SigningKey, TokenSettings } from './key.ts';

/**
 * Signs, and reads what strangers ask to be signed, in threads of its own, so that neither a list of a million nor a
 * wave of requests holds up anything else. Keys are told to every thread once.
 */
export interface Signing {
  /** Signatures over each of some octets, in their order. */
  sign(key: NamedKey, bytes: readonly Uint8Array[]): Promise<Buffer[]>;
  /** A signed list; its columns are given away. */
  list(key: NamedKey, parts: CrlParts): Promise<Buffer>;
  /** Each request that was read and whose sender holds the key, or why not. */
  requests(ders: readonly Uint8Array[]): Promise<(Request | Told)[]>;
  /** Makes a pair on the token; its public half. */
  make(type: KeyType, id: Uint8Array): Promise<Buffer>;
  close(): Promise<void>;
}

export interface NamedKey {
  readonly name: string;
  /** Opens the key where it lies; asked once for each thread. */
  open(): Promise<SigningKey>;
}

const ENTRY = new URL('./signing-thread.ts', import.meta.url);

export function openSigning(threads: number, token: TokenSettings | null): Signing {
  // A token is reached through one session, so one thread works on it.
  const all = Array.from({ length: token === null ? Math.max(1, threads) : 1 }, (_, n) => new Hand(n, token));
  let next = 0;
  const hand = (): Hand => {
    next = (next + 1) % all.length;
    return all[next] as Hand;
  };
  return {
    sign: async (key, bytes) =>
      ((await hand().with(key, { do: 'sign', name: key.name, bytes })) as Uint8Array[]).map(asBuffer),
    list: async (key, parts) => {
      const { serials, revokedAtMs, reasons } = parts.revoked;
      const away = [serials.buffer, revokedAtMs.buffer, reasons.buffer] as ArrayBuffer[];
      return asBuffer((await hand().with(key, { do: 'list', name: key.name, parts }, away)) as Uint8Array);
    },
    requests: async ders => (await hand().ask({ do: 'requests', ders })) as (Request | Told)[],
    make: async (type, id) => asBuffer((await hand().ask({ do: 'make', type, id })) as Uint8Array),
    close: async () => {
      for (const each of all) await each.close();
    },
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** One thread; it is begun at its first work, and another in its place when it is lost. */
class Hand {
  readonly #no: number;
  readonly #token: TokenSettings | null;
  #thread: Thread<Ask, Answer> | null = null;
  readonly #told = new Map<string, Promise<void>>();

  constructor(no: number, token: TokenSettings | null) {
    this.#no = no;
    this.#token = token;
  }

  async with(key: NamedKey, ask: Ask, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    let told = this.#told.get(key.name);
    if (told === undefined) {
      told = key.open().then(async opened => {
        await this.ask({ do: 'key', name: key.name, key: opened });
      });
      this.#told.set(key.name, told);
      told.catch(() => this.#told.delete(key.name));
    }
    await told;
    return await this.ask(ask, transfer);
  }

  async ask(ask: Ask, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    this.#thread ??= openThread<Ask, Answer>(ENTRY, {
      name: `signing-${this.#no}`,
      data: { token: this.#token },
    });
    const thread = this.#thread;
    try {
      const answer = await thread.ask(ask, transfer);
      if ('done' in answer) return answer.done;
      if ('refused' in answer)
        throw new Refusal<string>(answer.refused.code, { detail: { ...answer.refused.detail } });
      throw new Refusal<DeviceCode>('key-store-failed', { detail: { said: answer.failed } });
    } catch (thrown) {
      if (thrown instanceof Refusal && thrown.code === 'thread-lost' && this.#thread === thread) {
        this.#thread = null;
        this.#told.clear();
      }
      throw thrown;
    }
  }

  async close(): Promise<void> {
    await this.#thread?.close();
    this.#thread = null;
    this.#told.clear();
  }
}
