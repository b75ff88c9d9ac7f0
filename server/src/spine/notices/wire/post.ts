import { lookup } from 'node:dns';
import { type ClientRequest, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { SECOND_MS } from '../../../kernel/time.ts';

/** How long an answer is waited for, from the name's look-up to the end of what is read. */
const PATIENCE_MS = 10 * SECOND_MS;
/** What is read of an answer's body; only its status counts. */
const MOST_ANSWER_BYTES = 4_096;

/** `status` of an answer, or a word for why there was none. */
export type PostAnswer = { readonly status: number } | { readonly fault: string };

export interface Posted {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

class AddressRefused extends Error {
  readonly code = 'address-refused';
}

/**
 * Posts to an address outside. Every address that the name stands for is asked `mayReach` at the moment of
 * connecting, and the connection goes to one of those and no other: a name that is told differently a moment
 * later (DNS rebinding) leads nowhere. No redirect is followed, no proxy asked, no connection kept.
 */
export function postOutside(
  { url, headers, body }: Posted,
  mayReach: (address: string) => boolean,
): Promise<PostAnswer> {
  return new Promise(resolve => {
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !mayReach(literal)) return resolve({ fault: 'address-refused' });
    const send = url.protocol === 'https:' ? secureRequest : plainRequest;
    const request: ClientRequest = send(url, {
      method: 'POST',
      agent: false,
      lookup: guardedLookup(mayReach),
      maxHeaderSize: 16_384,
      headers: { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' },
    });
    const timer = setTimeout(() => request.destroy(new TimedOut()), PATIENCE_MS);
    const end = (answer: PostAnswer) => {
      clearTimeout(timer);
      resolve(answer);
      request.destroy();
    };
    request.once('error', fault => end({ fault: wordOf(fault) }));
    request.once('response', response => {
      const answer = { status: response.statusCode ?? 0 };
      let read = 0;
      response.on('data', (part: Buffer) => {
        read += part.length;
        if (read > MOST_ANSWER_BYTES) end(answer);
      });
      response.once('end', () => end(answer));
      response.once('error', fault => end({ fault: wordOf(fault) }));
    });
    request.end(body);
  });
}

class TimedOut extends Error {
  readonly code = 'timed-out';
}

/** A look-up that gives only addresses which may be reached, and fails when the name has one that may not. */
export function guardedLookup(mayReach: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (fault, addresses) => {
      if (fault !== null) return callback(fault, '', 0);
      const first = addresses[0];
      if (first === undefined || addresses.some(each => !mayReach(each.address)))
        return callback(new AddressRefused(), '', 0);
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

/** The code of a fault, `ECONNREFUSED`; never its text, which may hold what the other side wrote. */
function wordOf(fault: Error): string {
  const { code } = fault as { code?: unknown };
  return typeof code === 'string' && /^[A-Za-z0-9_-]{1,60}$/.test(code) ? code : 'failed';
}
