import { type ClientRequest, type IncomingHttpHeaders, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import { SECOND_MS } from '../../../../kernel/time.ts';
import { guardedLookup } from '../../../../spine/notices/wire/post.ts';
import { carrierRefusal } from './codes.ts';

/** How long one answer is waited for; three of them stay below the time a letter is held by its sender. */
const PATIENCE_MS = 6 * SECOND_MS;
/** A page of 50 to 1,000 cards stays far below it; what is longer is not read. */
const MOST_ANSWER_BYTES = 4 << 20;

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as a form instead of a body. */
  readonly form?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The answer's JSON; undefined when there is none, and null is JSON too. */
  readonly body: unknown;
}

/**
 * Asks a host outside by the rules that notices go out by: every address the name stands for is asked `mayReach` when
 * connecting, no redirect is followed, no proxy asked, no connection kept. Refuses `provider-unreachable` with the
 * fault's code and `provider-answer-unreadable` for an answer that is too long; never with anything they wrote.
 */
export function askOutside(
  { method, url, headers, body, form }: Question,
  mayReach: (address: string) => boolean,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !mayReach(literal))
      return reject(carrierRefusal('provider-unreachable', { fault: 'address-refused' }));
    const json = body === undefined ? null : JSON.stringify(body);
    const text = form === undefined ? json : new URLSearchParams(form).toString();
    const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
    const send = url.protocol === 'https:' ? secureRequest : plainRequest;
    const request: ClientRequest = send(url, {
      method,
      agent: false,
      lookup: guardedLookup(mayReach),
      maxHeaderSize: 16_384,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(text === null ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
        connection: 'close',
      },
    });
    const fail = (fault: string) => {
      clearTimeout(timer);
      reject(carrierRefusal('provider-unreachable', { fault }));
      request.destroy();
    };
    const timer = setTimeout(() => fail('timed-out'), PATIENCE_MS);
    request.once('error', fault => fail(wordOf(fault)));
    request.once('response', response => {
      const parts: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (part: Buffer) => {
        sizeBytes += part.length;
        parts.push(part);
        if (sizeBytes <= MOST_ANSWER_BYTES) return;
        clearTimeout(timer);
        reject(carrierRefusal('provider-answer-unreadable', { fault: 'too-long' }));
        request.destroy();
      });
      response.once('error', fault => fail(wordOf(fault)));
      response.once('aborted', () => fail('cut-off'));
      response.once('end', () => {
        clearTimeout(timer);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: jsonOf(Buffer.concat(parts)),
        });
      });
    });
    request.end(text ?? undefined);
  });
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The code of a fault, `ECONNREFUSED`; never its text. */
function wordOf(fault: Error): string {
  const { code } = fault as { code?: unknown };
  return typeof code === 'string' && /^[A-Za-z0-9_-]{1,60}$/.test(code) ? code : 'failed';
}
