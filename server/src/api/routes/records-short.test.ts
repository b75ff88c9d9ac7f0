import { once } from 'node:events';
import { request as ask, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refusal } from '../../kernel/refusal.ts';
import { gatheringOf } from '../../spine/observations/gathered/gathering.ts';
import type { IntakeDoors } from '../../spine/observations/intake.ts';
import type { Cut } from '../../spine/observations/observation.ts';
import { plainProfile } from '../../spine/observations/source-profile.ts';
import { addSource } from '../../spine/observations/store.ts';
import type { App } from '../app.ts';
import { ask as askDoor, enterFirst, type TestApi, testApi } from '../testing/test-api.ts';
import { recordsRoutes } from './records.ts';

/** A line `no <number>` is a record, `break` throws, anything else is not read; more than one line comes as a stream. */
function cutsOf(text: string): Cut[] {
  if (text === 'break') throw new Error('the reader broke');
  return text.split('\n').map((line, i) => {
    const raw = Buffer.from(line);
    const no = /^no (\d+)$/.exec(line)?.[1];
    const unread = { place: `line ${i + 1}`, reason: 'shape', detail: { line } };
    const reading = {
      ...{
        kind: 'usage',
        claim: `iccid:${no}`,
        observedAtMs: Date.UTC(2026, 10, 1),
        timeMark: 'stated' as const,
      },
      body: { no: Number(no) },
    };
    return { recordNo: i + 1, raw, outcome: no === undefined ? { unread } : { reading } };
  });
}
const lines = {
  name: 'lines',
  async *read(bytes: AsyncIterable<Uint8Array>) {
    const parts: Uint8Array[] = [];
    for await (const part of bytes) parts.push(part);
    const text = Buffer.concat(parts).toString();
    if (text === 'refuse')
      throw new Refusal('format-mismatch', { detail: { format: 'lines', found: 'refuse' } });
    yield* cutsOf(text);
    return { flags: [], facts: {} };
  },
  readFew: (bytes: Buffer) =>
    bytes.includes(10) || bytes.toString() === 'refuse' ? null : cutsOf(bytes.toString()),
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Each request of posts is answered the same, whichever way it takes. */
describe('the short way of posted records', () => {
  let api: TestApi;
  let intake: IntakeDoors;
  let app: App;
  let [port, sourceId, usual] = [0, 0, 0];
  let [admin, key, keyId] = ['', '', ''];

  beforeAll(async () => {
    api = await testApi([
      (scope, doors) => {
        const { database, clock } = doors;
        const formats = new Map([['lines', lines]]) as unknown as IntakeDoors['formats'];
        intake = { database, clock, formats, leafFor: ms => api.db.leafFor(ms) };
        recordsRoutes(scope, { ...doors, intake });
        scope.shortWays.add(() => {
          usual += 1;
          return false;
        });
      },
    ]);
    app = api.app;
    port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
    admin = await enterFirst(api);
    const asked = {
      partyId: 1,
      name: 'posts',
      format: 'lines',
      profile: plainProfile,
      atMs: api.clock.now(),
    };
    sourceId = await api.db.database.door(1, tx => addSource(tx, asked));
    ({ key, keyId } = await newKey());
    await known();
  }, 60_000);
  afterAll(() => api?.close());

  async function newKey(): Promise<{ key: string; keyId: string }> {
    const asked = { title: 'posts', scopes: ['observations:write'] };
    const { body } = await askDoor(api, '/api/v1/api-keys', { token: admin, body: asked });
    return { key: body.key, keyId: body.key.split('_')[1] };
  }

  async function post(body: string | Buffer, more: Record<string, string> = {}): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      ...more,
    };
    const path = `/api/v1/sources/${sourceId}/records`;
    const sent = ask({ port, host: '127.0.0.1', path, method: 'POST', headers });
    sent.end(body);
    const [answer] = await once(sent, 'response');
    let text = '';
    for await (const part of answer) text += String(part);
    return { status: answer.statusCode, headers: answer.headers, body: text };
  }

  /** The usual way has met key and source within the last second of the door's clock. */
  const known = () => post('no 1', usualWay);
  const usualWay = { 'x-thingward-party': '1' };

  async function bothWays(
    before: () => Promise<void>,
    body: string,
    more: Record<string, string> = {},
  ): Promise<{ short: Answer; long: Answer }> {
    await before();
    // What is stored first time round is a duplicate on both.
    await post(body, { ...more, ...usualWay });
    const counted = usual;
    const short = await post(body, more);
    expect(usual, 'it took the short way').toBe(counted);
    await before();
    const long = await post(body, { ...more, ...usualWay });
    expect(usual, 'it took the usual way').toBeGreaterThan(counted);
    return { short, long };
  }

  /** Without what is of one request alone. */
  function common({ status, headers, body }: Answer) {
    const { date: _date, 'x-request-id': id, 'content-length': length, ...others } = headers;
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(length).toBe(String(Buffer.byteLength(body)));
    const told = body.replace(/[0-9a-f]{32}/, '<id>').replace(/"batchId":\d+/, '"batchId":0');
    return { status, others, told };
  }

  const again = async (): Promise<void> => void (await known());

  test.each([
    ['a record that was stored before', 'no 1', {}, 201],
    ['records on several lines, one of them not read', 'no 1\nwhat is this', {}, 201],
    ['a record that is not read', 'what is this', {}, 201],
    ['bytes that are none of the format', 'refuse', {}, 422],
    ['bytes that are none of the format, told in Chinese', 'refuse', { 'accept-language': 'zh-CN' }, 422],
    ['a reader that breaks', 'break', {}, 500],
    ['another type of body', 'no 1', { 'content-type': 'text/csv' }, 201],
  ])('answers %s as the usual way does', async (_what, body, more, status) => {
    const { short, long } = await bothWays(again, body, more);
    expect(common(short)).toEqual(common(long));
    expect(short.status).toBe(status);
  });

  test('stores a new record once', async () => {
    await known();
    const counted = usual;
    expect(JSON.parse((await post('no 700')).body)).toMatchObject({ accepted: 1, duplicate: 0 });
    expect(JSON.parse((await post('no 700')).body)).toMatchObject({ accepted: 0, duplicate: 1 });
    expect(usual).toBe(counted);
  });

  test('a key that was revoked since it was met stores nothing, and the attempt is on record (R-11)', async () => {
    ({ key, keyId } = await newKey());
    await known();
    const revoked = await askDoor(api, `/api/v1/api-keys/${keyId}`, { token: admin, method: 'DELETE' });
    expect(revoked.status).toBeLessThan(300);
    const counted = usual;
    const short = await post('no 800');
    expect(usual).toBe(counted);
    const long = await post('no 800', usualWay);
    expect(common(short)).toEqual(common(long));
    expect(JSON.parse(short.body)).toMatchObject({ status: 401, code: 'api-key-invalid' });
    const refused = (await api.acts()).filter(({ object }) => object.includes('/records'));
    expect(refused.length).toBeGreaterThanOrEqual(2);
    ({ key, keyId } = await newKey());
    await known();
    expect(JSON.parse((await post('no 800')).body)).toMatchObject({ accepted: 1 });
  });

  test.each([
    ['no key', { authorization: 'Bearer x' }],
    ['a type that is not plain', { 'content-type': 'application/json; charset=utf-8' }],
    ['a body that is packed', { 'content-encoding': 'gzip' }],
    ['a length that is too great', { 'content-length': String((256 << 10) + 1) }],
  ])('leaves a request with %s to the usual way', async (_what, more) => {
    await known();
    const counted = usual;
    await post(
      'content-length' in more ? Buffer.alloc((256 << 10) + 1, 0x61) : 'no 1',
      more as unknown as Record<string, string>,
    );
    expect(usual).toBe(counted + 1);
  });

  test('who leaves midway, or sends two requests at once, costs no room', async () => {
    await known();
    const gathering = gatheringOf(intake, api.doors.log);
    const head = `POST /api/v1/sources/${sourceId}/records HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n`;
    const left = connect(port, '127.0.0.1');
    left.write(`${head}Content-Length: 9000\r\n\r\nno 9`);
    await until(() => gathering.state.waitingBytes >= 9_000);
    left.destroy();
    await until(() => gathering.state.waitingBytes === 0);

    const two = connect(port, '127.0.0.1').setEncoding('utf8');
    let told = '';
    two.on('data', part => {
      told += String(part);
    });
    two.write(`${head}Content-Length: 6\r\n\r\nno 901${head}Content-Length: 6\r\n\r\nno 902`);
    await until(() => told.match(/"accepted":1/g)?.length === 2);
    two.destroy();
    await until(() => gathering.state.waitingBytes === 0 && gathering.state.waitingRecords === 0);
  });

  test('log and metrics hear of it', async () => {
    const heard: unknown[] = [];
    app.shortWays.hear(told => void heard.push(told));
    await known();
    await post('no 1');
    const common = {
      method: 'POST',
      route: '/api/v1/sources/:id/records',
      status: 201,
      actor: `key/${keyId}`,
    };
    expect(heard).toMatchObject([common, common]);
    const { body } = await app.inject('/metrics');
    expect(body).toMatch(
      /http_request_seconds_count\{route="\/api\/v1\/sources\/:id\/records",method="POST",status="201"\} \d+/,
    );
  });

  async function until(holds: () => boolean): Promise<void> {
    for (let i = 0; i < 500 && !holds(); i += 1) await delay(10);
    expect(holds()).toBe(true);
  }
});
