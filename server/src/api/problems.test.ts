import { afterAll, beforeAll, expect, test } from 'vitest';
import { Refusal } from '../kernel/refusal.ts';
import { languageOf, problemOf } from './problems.ts';
import { ask, enterFirst, type TestApi, testApi } from './testing/test-api.ts';
import { allWording } from './wording/all.ts';

let api: TestApi;
let admin: string;
beforeAll(async () => {
  api = await testApi([
    app => {
      app.get('/api/v1/broken', async () => {
        throw new Error('the secret inside: password=hunter2');
      });
      app.get('/api/v1/unworded', async () => {
        throw new Refusal('nobody-worded-this', { detail: { inside: 'hunter2' } });
      });
    },
  ]);
  admin = await enterFirst(api);
});
afterAll(() => api.close());

test('a refusal is told in the language asked for', async () => {
  const inChinese = await ask(api, '/api/v1/me', {
    headers: { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.5' },
  });
  expect(inChinese.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(inChinese.headers['content-language']).toBe('zh');
  expect(inChinese.body).toMatchObject({ status: 401, code: 'not-signed-in', title: '您尚未登录。' });
  const inEnglish = await ask(api, '/api/v1/me');
  expect(inEnglish.body.title).toBe('You are not signed in.');
  expect(inEnglish.headers['www-authenticate']).toContain('Bearer');
});

test.each([
  [undefined, 'en'],
  ['zh', 'zh'],
  ['zh-Hans-CN', 'zh'],
  ['en, zh;q=0.9', 'en'],
  ['en;q=0.3, zh;q=0.9', 'zh'],
  ['fr', 'en'],
  ['zh;q=0', 'en'],
  [';;;,,,q=', 'en'],
])('accept-language %s means %s', (header, language) => {
  expect(languageOf(header)).toBe(language);
});

test('what is no refusal tells a number and nothing of its inside, and so does a refusal without wording', async () => {
  for (const url of ['/api/v1/broken', '/api/v1/unworded']) {
    const { status, body } = await ask(api, url);
    expect([status, body.code]).toEqual([500, 'failed']);
    expect(body.instance).toMatch(/^urn:thingward:request:[0-9a-f]{32}$/);
    expect(JSON.stringify(body)).not.toContain('hunter2');
  }
});

test('every wording has both languages, ends its sentences, and uses the same facts in both', () => {
  for (const [code, wording] of allWording) {
    expect(wording.status, code).toBeGreaterThanOrEqual(400);
    for (const text of wording.en) expect(text, code).toMatch(/[.]$/);
    for (const text of wording.zh) expect(text, code).toMatch(/[\u4e00-\u9fff].*[。]$/);
    const facts = (texts: readonly string[]) =>
      [...texts.join().matchAll(/\{(\w+)\}/g)].map(found => found[1]).sort();
    expect(facts(wording.zh), code).toEqual(facts(wording.en));
  }
});

test('the facts of a refusal stand in its sentence', () => {
  const refusal = new Refusal('right-missing', { detail: { right: 'cases:write' } });
  expect(problemOf(refusal, 'zh', 'x').title).toContain('“cases:write”');
});

test('a bad request says where it is bad, and numbers do not pass for text', async () => {
  const body = { email: 'a@example.org', name: 7, role: 'king', more: 1 };
  const answer = await ask(api, '/api/v1/people', { token: admin, body });
  expect([answer.status, answer.body.code]).toEqual([400, 'request-invalid']);
  expect(answer.body.faults.map((fault: { at: string }) => fault.at)).toEqual(
    expect.arrayContaining(['body/name', 'body/role']),
  );
});

test('what is wrong with a request is told in Chinese down to its details, and so are places in tables', async () => {
  const headers = { 'accept-language': 'zh-CN' };
  const body = { email: 'a@example.org', name: 7, role: 'king', more: 1 };
  const answer = await ask(api, '/api/v1/people', { token: admin, headers, body });
  for (const { message } of answer.body.faults as { message: string }[])
    expect(message).toMatch(/[\u4e00-\u9fff]/);
  const refusal = (reason: string) =>
    new Refusal('import-not-a-table', { detail: { place: 'line 3', reason } });
  const title = (reason: string) => problemOf(refusal(reason), 'zh', 'x').title;
  expect(title('binary or UTF-16, not CSV in UTF-8')).toBe(
    '表格在第 3 行处无法读取：二进制或 UTF-16 内容，不是 UTF-8 的 CSV。',
  );
  expect(title('a workbook that cannot be read: it is encrypted')).toContain('工作簿无法读取：已加密');
  expect(problemOf(refusal('CSV_QUOTE_NOT_CLOSED'), 'en', 'x')).toMatchObject({
    title: 'The table cannot be read at line 3: CSV_QUOTE_NOT_CLOSED.',
    facts: { place: 'line 3' },
  });
});

test('broken JSON, a large body, a wrong kind of content and an unknown address are problems too', async () => {
  const json = { 'content-type': 'application/json' };
  const broken = await ask(api, '/api/v1/login', { method: 'POST', headers: json, body: '{"email":' });
  expect([broken.status, broken.body.code]).toEqual([400, 'request-invalid']);
  expect(broken.body.faults).toEqual([{ at: 'body', message: 'is no JSON' }]);
  const chinese = await ask(api, '/api/v1/login', {
    ...{ method: 'POST', headers: { ...json, 'accept-language': 'zh-CN' }, body: '{"email":' },
  });
  expect(chinese.body.faults).toEqual([{ at: 'body', message: '不是有效的 JSON' }]);
  const empty = await ask(api, '/api/v1/login', { method: 'POST', headers: json, body: '' });
  expect([empty.status, empty.body.faults?.[0]?.at]).toEqual([400, 'body']);
  const large = await ask(api, '/api/v1/login', { body: { email: 'x'.repeat(2 << 20) } });
  expect([large.status, large.body.code]).toEqual([413, 'body-too-large']);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const typed = await ask(api, '/api/v1/login', { method: 'POST', headers: form, body: 'a=b' });
  expect([typed.status, typed.body.code]).toEqual([415, 'media-type-unknown']);
  expect((await ask(api, '/nowhere')).body.code).toBe('no-such-route');
});

test('every answer carries the headers that keep pages apart', async () => {
  const { headers } = await ask(api, '/healthz');
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect((await ask(api, '/api/v1/me')).headers['cache-control']).toBe('no-store');
});

test('the API describes itself as OpenAPI 3.1, every operation with its path parameters', async () => {
  const { body } = await ask(api, '/openapi.json');
  expect(body.openapi).toBe('3.1.0');
  expect(body.info).toMatchObject({ title: 'Thingward', license: { identifier: 'Apache-2.0' } });
  expect(Object.keys(body.paths).length).toBeGreaterThan(15);
  for (const [path, item] of Object.entries(
    body.paths as Record<
      string,
      Record<string, { parameters?: { in: string; name: string; required: boolean }[]; responses: object }>
    >,
  )) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(found => found[1]);
    for (const [method, operation] of Object.entries(item)) {
      const inPath = (operation.parameters ?? []).filter(parameter => parameter.in === 'path');
      expect(inPath.map(parameter => parameter.name).sort(), `${method} ${path}`).toEqual(named.sort());
      expect(inPath.every(parameter => parameter.required)).toBe(true);
      expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
    }
  }
});

test('metrics name routes, and no address or party', async () => {
  await ask(api, '/api/v1/subjects/424242', { token: admin });
  const response = await api.app.inject({ url: '/metrics' });
  expect(response.body).toContain('route="/api/v1/subjects/:id"');
  expect(response.body).not.toContain('424242');
  expect((await ask(api, '/readyz')).body).toEqual({ status: 'ready', notReady: [] });
});
