import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hex, sha256 } from '../kernel/bytes.ts';
import type { App } from './app.ts';

/** Where `scripts/setup.mjs` puts the console that it builds out of `packages/web`. */
const BUILT = new URL('../../../node_modules/.thingward-console/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The page runs its own files and talks to its own server; nothing inline, nothing from elsewhere, no frame around it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/** What is named after its content never changes; everything else is asked for again, by its ETag. */
const FOREVER = 'public, max-age=31536000, immutable';
const ASK_AGAIN = 'no-cache';

interface PageFile {
  readonly address: string;
  readonly type: string;
  readonly etag: string;
  readonly bytes: Buffer;
  readonly zipped: Buffer;
}

/**
 * Serves the console at `/`. Its files are read once, at start, so that a missing one shows then and a running server
 * answers with files of one build; each is answered with its ETag, and 304 to who has it already. Who takes gzip gets gzip:
 * these are the same bytes for everyone, so their lengths tell nothing.
 */
export function pageRoutes(app: App): void {
  for (const file of builtFiles()) {
    app.get(file.address, { schema: { hide: true } }, (request, reply) => answer(file, request, reply));
    if (file.address === '/index.html')
      app.get('/', { schema: { hide: true } }, (request, reply) => answer(file, request, reply));
  }
}

function answer(file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isZipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const etag = isZipped ? `"${file.etag}-gzip"` : `"${file.etag}"`;
  reply.headers({
    etag,
    vary: 'accept-encoding',
    'cache-control': file.address.startsWith('/assets/') ? FOREVER : ASK_AGAIN,
    'content-security-policy': POLICY,
  });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  if (isZipped) reply.header('content-encoding', 'gzip');
  return reply.type(file.type).send(isZipped ? file.zipped : file.bytes);
}

function builtFiles(): readonly PageFile[] {
  const folder = fileURLToPath(BUILT);
  const files = namesIn(folder).flatMap(name => {
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (type === undefined) return [];
    const bytes = readFileSync(`${folder}${name}`);
    const etag = hex(sha256(bytes)).slice(0, 32);
    return [{ address: `/${name}`, type, etag, bytes, zipped: gzipSync(bytes) }];
  });
  if (!files.some(file => file.address === '/index.html'))
    throw new Error('the console is not built; run: node scripts/setup.mjs');
  return files;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  } catch {
    return [];
  }
}
