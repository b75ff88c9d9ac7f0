import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hex, sha256 } from '../kernel/bytes.ts';
import type { App } from './app.ts';

const FOLDER = new URL('../../../packages/web/', import.meta.url);

/** The files of the page, and nothing else of its folder. The first is served at `/`. */
const FILES = [
  'index.html',
  'account-view.js',
  'app.js',
  'batch-part.js',
  'case-view.js',
  'cases-view.js',
  'clocks.js',
  'confirm.js',
  'dom.js',
  'door.js',
  'events.js',
  'findings-view.js',
  'icon.svg',
  'measures-part.js',
  'party-view.js',
  'proposals-part.js',
  'sign-in-view.js',
  'status-view.js',
  'style.css',
  'times.js',
  'words.en.json',
  'words.js',
  'words.zh.json',
] as const;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The page runs its own files and talks to its own server; nothing inline, nothing from elsewhere, no frame around it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/**
 * Serves the page of `packages/web` at `/`. The files are read once, at start, so that a missing one shows
 * then and a running server answers with files of one version; each is answered with its ETag, and 304 to
 * who has it already.
 */
export function pageRoutes(app: App): void {
  for (const name of FILES) {
    const bytes = readFileSync(fileURLToPath(new URL(name, FOLDER)));
    const etag = `"${hex(sha256(bytes)).slice(0, 32)}"`;
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    const addresses = name === 'index.html' ? ['/', '/index.html'] : [`/${name}`];
    for (const address of addresses) {
      app.get(address, { schema: { hide: true } }, async (request, reply) => {
        reply.headers({ etag, 'cache-control': 'no-cache', 'content-security-policy': POLICY });
        if (request.headers['if-none-match'] === etag) return reply.code(304).send();
        return reply.type(type).send(bytes);
      });
    }
  }
}
