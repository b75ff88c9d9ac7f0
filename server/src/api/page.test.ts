import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { afterAll, expect, test } from 'vitest';
import type { App } from './app.ts';
import { pageRoutes } from './page.ts';

const app = Fastify() as unknown as App;
pageRoutes(app);
afterAll(() => app.close());
const home = fileURLToPath(new URL('../../../packages/web/', import.meta.url));
const built = fileURLToPath(new URL('../../../node_modules/.thingward-console/', import.meta.url));
const words = (language: string) =>
  JSON.parse(readFileSync(`${home}words.${language}.json`, 'utf8')) as Record<string, string>;
const sources = readdirSync(`${home}src`, { recursive: true, encoding: 'utf8' })
  .filter(name => /\.tsx?$/.test(name))
  .map(name => ({ name, text: readFileSync(`${home}src/${name}`, 'utf8') }));
/** The script that the page begins with, and those it cannot begin without. */
const firstScripts = async () => {
  const { body } = await app.inject({ url: '/' });
  return [...body.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(match => match[1] ?? '');
};

test('the page stands at / under a policy that lets nothing inline or foreign run', async () => {
  const answer = await app.inject({ url: '/' });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.headers['content-security-policy']).toContain("script-src 'self'; style-src 'self';");
  expect(answer.headers['content-security-policy']).toContain("require-trusted-types-for 'script'");
  expect(answer.headers['content-security-policy']).not.toMatch(/unsafe|nonce/);
  expect(answer.body).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
});

test('who has a file already is not sent it again, and what is named after its content is not asked for again', async () => {
  const [script = ''] = await firstScripts();
  for (const [url, cache] of [
    ['/', 'no-cache'],
    [script, 'public, max-age=31536000, immutable'],
  ] as const)
    for (const headers of [{}, { 'accept-encoding': 'gzip' }]) {
      const first = await app.inject({ url, headers });
      expect([url, first.statusCode, first.headers['cache-control']]).toEqual([url, 200, cache]);
      const etag = String(first.headers['etag']);
      const again = await app.inject({ url, headers: { ...headers, 'if-none-match': etag } });
      expect([again.statusCode, again.body]).toEqual([304, '']);
    }
});

test('who takes gzip is sent the same in gzip', async () => {
  const [url = ''] = await firstScripts();
  const plain = await app.inject({ url });
  const zipped = await app.inject({ url, headers: { 'accept-encoding': 'br, gzip' } });
  expect(zipped.headers['content-encoding']).toBe('gzip');
  expect(zipped.headers['etag']).not.toBe(plain.headers['etag']);
  expect(gunzipSync(zipped.rawPayload).equals(plain.rawPayload)).toBe(true);
});

test('what the page begins with is less than 300 kB of script, gzipped', async () => {
  let bytes = 0;
  for (const url of await firstScripts())
    bytes += (await app.inject({ url, headers: { 'accept-encoding': 'gzip' } })).rawPayload.length;
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(300_000);
});

test('every file of the page is served, and nothing else of its folder', async () => {
  const files = readdirSync(built, { recursive: true, withFileTypes: true }).filter(each => each.isFile());
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    const url = `${file.parentPath}/${file.name}`.replace(built.replace(/\/$/, ''), '').replace('//', '/');
    const answer = await app.inject({ url });
    expect([url, answer.statusCode]).toEqual([url, file.name === 'made-of.txt' ? 404 : 200]);
  }
  for (const url of ['/..%2fpackage.json', '/assets/..%2f..%2fpackage.json', '/assets', '/src/main.tsx'])
    expect([url, (await app.inject({ url })).statusCode]).toEqual([url, 404]);
});

test('no file of the page takes text for markup', () => {
  expect(sources.length).toBeGreaterThan(20);
  const sinks = /\.innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|dangerouslySet/;
  for (const { name, text } of sources) expect([name, sinks.test(text)]).toEqual([name, false]);
});

test('the console is made of its own files, its packages and the verifier', () => {
  const manifest = JSON.parse(readFileSync(`${home}package.json`, 'utf8')) as {
    readonly dependencies: Record<string, string>;
  };
  const allowed = Object.keys(manifest.dependencies);
  for (const { name, text } of sources) {
    const imported = [...text.matchAll(/(?:\bfrom |\bimport |\bimport\()'([^']+)'/g)].map(
      match => match[1] ?? '',
    );
    const foreign = imported.filter(
      each =>
        !(
          (each.startsWith('.') && !each.includes('../../..')) ||
          allowed.some(one => each === one || each.startsWith(`${one}/`))
        ),
    );
    expect([name, foreign]).toEqual([name, []]);
  }
});

test('both languages of the page hold the same keys, and every key that is used', () => {
  const [en, zh] = [words('en'), words('zh')];
  expect(Object.keys(zh)).toEqual(Object.keys(en));
  const names = (sentence = '') => [...new Set(sentence.match(/\{\w+\}/g))].sort();
  for (const key of Object.keys(en)) expect([key, names(zh[key])]).toEqual([key, names(en[key])]);
  const used = sources.flatMap(({ name, text }) =>
    [...text.matchAll(/\bsay\(\s*'([^']+)'/g)].map(match => [name, match[1] ?? ''] as const),
  );
  expect(used.length).toBeGreaterThan(100);
  expect(used.filter(([, key]) => !(key in en))).toEqual([]);
});
