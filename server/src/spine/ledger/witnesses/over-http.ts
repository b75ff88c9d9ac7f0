import { sha256 } from '../../../kernel/bytes.ts';

/** What a witness answered; the body is cut off at a bound no proper answer reaches. */
export interface WitnessAnswer {
  readonly status: number;
  readonly body: string;
}

/** How witnesses are spoken to; throws when there is no answer in time. */
export interface WitnessWire {
  /** `POST <prefix>/add-checkpoint` of C2SP tlog-witness. */
  submit(url: string, body: string): Promise<WitnessAnswer>;
  /** `GET <prefix>/<hex SHA-256 of origin>/checkpoint`. */
  latest(url: string, origin: string): Promise<WitnessAnswer>;
}

const MOST_BYTES = 64 * 1024;

/** Over HTTP, following no redirect: the operator named this address and no other. */
export function witnessesOverHttp(timeoutMs: number): WitnessWire {
  async function ask(url: string, body: string | null): Promise<WitnessAnswer> {
    const answer = await fetch(url, {
      method: body === null ? 'GET' : 'POST',
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of answer.body ?? []) {
      size += part.length;
      if (size > MOST_BYTES) throw new RangeError('the answer of a witness is too long');
      parts.push(part);
    }
    return { status: answer.status, body: Buffer.concat(parts).toString('utf8') };
  }
  return {
    submit: (url, body) => ask(`${url}/add-checkpoint`, body),
    latest: (url, origin) => ask(`${url}/${sha256(origin).toString('hex')}/checkpoint`, null),
  };
}
