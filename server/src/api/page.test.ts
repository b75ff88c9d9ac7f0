import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import { afterAll, expect, test } from 'vitest';
import type { App } from './app.ts';
import { pageRoutes } from './page.ts';

const app = Fastify() as unknown as App;
pageRoutes(app);
afterAll(() => app.close());
const folder = fileURLToPath(new URL('../../../packages/web/', import.meta.url));
const words = (language: string) =>
  JSON.parse(readFileSync(`${folder}words.${language}.json`, 'utf8')) as Record<string, string>;

test('the page stands at / under a policy that lets nothing inline or foreign run', async () => {
  const answer = await app.inject({ url: '/' });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.headers['content-security-policy']).toContain("script-src 'self'; style-src 'self';");
  expect(answer.headers['content-security-policy']).not.toContain('unsafe');
  expect(answer.body).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
});

test('who has a file already is not sent it again', async () => {
  const { etag } = (await app.inject({ url: '/app.js' })).headers;
  const again = await app.inject({ url: '/app.js', headers: { 'if-none-match': String(etag) } });
  expect([again.statusCode, again.body]).toEqual([304, '']);
});

test('every file of the page is served, and nothing else of its folder', async () => {
  for (const name of readdirSync(folder)) {
    const answer = await app.inject({ url: `/${name}` });
    expect([name, answer.statusCode]).toEqual([
      name,
      name === 'package.json' || name === 'README.md' ? 404 : 200,
    ]);
  }
  expect((await app.inject({ url: '/..%2fpackage.json' })).statusCode).toBe(404);
});

test('no file of the page takes text for markup', () => {
  for (const name of readdirSync(folder).filter(each => each.endsWith('.js'))) {
    const text = readFileSync(folder + name, 'utf8');
    expect([
      name,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/.test(text),
    ]).toEqual([name, false]);
  }
});

test('both languages of the page hold the same keys, and every key that is used', () => {
  const [en, zh] = [words('en'), words('zh')];
  expect(Object.keys(zh)).toEqual(Object.keys(en));
  const names = (sentence = '') => [...new Set(sentence.match(/\{\w+\}/g))].sort();
  for (const key of Object.keys(en)) expect([key, names(zh[key])]).toEqual([key, names(en[key])]);
  const sources = readdirSync(folder).filter(each => each.endsWith('.js'));
  for (const name of sources) {
    const used = [...readFileSync(folder + name, 'utf8').matchAll(/\bsay\('([^']+)'/g)].map(
      match => match[1] ?? '',
    );
    expect([name, used.filter(key => !(key in en))]).toEqual([name, []]);
  }
});
