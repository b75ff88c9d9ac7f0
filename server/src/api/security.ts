import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { Refusal } from '../kernel/refusal.ts';
import type { AccessCode } from './app.ts';

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

/** Headers of every answer to a request of this address and name; answers of the API are kept in no cache. */
export function securityHeaders(url: string, id: string, isHttps: boolean): Record<string, string> {
  return {
    ...HEADERS,
    'x-request-id': id,
    ...(url.startsWith('/api/') ? { 'cache-control': 'no-store' } : {}),
    ...(isHttps ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  };
}

export function writeSecurityHeaders(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  reply.headers(securityHeaders(request.url, request.id, request.protocol === 'https'));
  done();
}

/**
 * Refuses `origin-refused` for a write that a page of another site makes with a browser's cookie, or by
 * which it would sign the browser in. A browser always says where a write comes from (Fetch §3.1: Origin
 * on every method but GET and HEAD); programs with a token or key aren't asked.
 */
export function guardOrigin(origins: readonly string[]): onRequestHookHandler {
  return (request, _reply, done) => {
    if (isOriginFit(request, origins)) done();
    else done(new Refusal<AccessCode>('origin-refused'));
  };
}

function isOriginFit(request: FastifyRequest, origins: readonly string[]): boolean {
  if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') return true;
  const { origin, authorization, cookie } = request.headers;
  if (authorization !== undefined) return true;
  if (cookie === undefined && origin === undefined) return true;
  const own = `${request.protocol}://${request.host}`;
  return origin !== undefined && (origin === own || origins.includes(origin));
}
