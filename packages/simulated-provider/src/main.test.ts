import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  pattern?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean;
  items?: Schema;
}
interface Contract {
  paths: Record<
    string,
    Record<
      string,
      { responses: Record<string, { $ref?: string; content?: Record<string, { schema: Schema }> }> }
    >
  >;
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, { content: Record<string, { schema: Schema }> }>;
  };
}

const contract = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as Contract;
const ICCID = '8986001234567890123';
const seen = new Set<string>();
let dir: string;
let child: ChildProcess;
let address: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'platform-'));
  await start();
});
afterEach(async () => {
  await kill();
  rmSync(dir, { recursive: true });
});

async function start(): Promise<void> {
  const main = new URL('./main.ts', import.meta.url).pathname;
  child = spawn(process.execPath, [main, '--port', '0', '--data', dir, '--with-parent'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  address = await new Promise((resolve, reject) => {
    child.once('exit', code => reject(new Error(`ended with ${code}`)));
    child.stdout?.once('data', (line: Buffer) => resolve(/http:\S+/.exec(line.toString())?.[0] ?? ''));
  });
}
async function kill(): Promise<void> {
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** Calls the platform and holds its answer against the published contract. */
async function call(
  method: 'get' | 'post',
  template: string,
  name?: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const path = name === undefined ? template : template.replace(/\{.*\}/, name);
  const response = await fetch(address + path, {
    method: method.toUpperCase(),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const declared = contract.paths[template]?.[method]?.responses[String(response.status)];
  if (declared === undefined)
    throw new Error(`${method} ${template} answered ${response.status}, which the contract does not name`);
  const at = declared.$ref?.split('/').at(-1);
  const content = at === undefined ? declared.content : contract.components.responses[at]?.content;
  const [type, { schema }] = Object.entries(content ?? {})[0] as [string, { schema: Schema }];
  expect(response.headers.get('content-type')).toContain(type);
  const value: unknown = type === 'text/csv' ? await response.text() : await response.json();
  conform(value, schema, `${method} ${template} ${response.status}`);
  seen.add(`${method} ${template}`);
  return (typeof value === 'string' ? { text: value } : value) as Record<string, unknown>;
}

function conform(value: unknown, schema: Schema, path: string): void {
  if (schema.$ref !== undefined) {
    conform(value, contract.components.schemas[schema.$ref.split('/').at(-1) as string] as Schema, path);
    return;
  }
  if (schema.type !== undefined) expect([schema.type].flat(), path).toContain(typeName(value));
  if (schema.enum !== undefined) expect(schema.enum, path).toContain(value);
  if (schema.pattern !== undefined) expect(value, path).toMatch(new RegExp(schema.pattern));
  if (Array.isArray(value) && schema.items !== undefined)
    for (const [i, item] of value.entries()) conform(item, schema.items, `${path}[${i}]`);
  if (typeName(value) !== 'object') return;
  const fields = value as Record<string, unknown>;
  for (const name of schema.required ?? []) expect(Object.keys(fields), path).toContain(name);
  for (const [name, field] of Object.entries(fields)) {
    const known = schema.properties?.[name];
    if (known === undefined && schema.additionalProperties === false)
      throw new Error(`${path}.${name} is not in the contract`);
    if (known !== undefined) conform(field, known, `${path}.${name}`);
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

const suspend = (key: string, cards = [ICCID]): unknown => ({
  idempotencyKey: key,
  cards,
  action: 'suspend',
  kind: 'permanent-reject',
});

test('every answer of every path is what the published contract says', async () => {
  const { orderId } = await call('post', '/orders', undefined, suspend('key-00001'));
  expect((await call('get', '/orders/{orderId}', orderId as string)).status).toBe('finished');
  expect((await call('get', '/cards/{iccid}', ICCID)).state).toBe('suspended');
  expect((await call('post', '/attempts', undefined, { iccid: ICCID, bytesUp: 10 })).outcome).toBe('refused');
  expect((await call('get', '/feed.csv')).text).toMatch(
    /^record_id.*\nA1,.*Z,8986001234567890123,refused,permanent-reject,0,0\n$/,
  );
  await call('post', '/admin/behaviour', undefined, { delayMs: 5 });
  await call('get', '/admin/effects');
  await call('get', '/orders/{orderId}', 'P999999');
  await call('get', '/cards/{iccid}', 'no-card');
  await call('post', '/orders', undefined, { cards: [] });
  await call('post', '/attempts', undefined, 'nonsense');
  await call('post', '/admin/behaviour', undefined, { delayMs: -1 });
  expect((await call('post', '/orders', undefined, suspend('key-00001', ['8986001234567890999']))).code).toBe(
    'key-reused',
  );
  const paths = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => `${method} ${path}`),
  );
  expect([...seen].sort()).toEqual(paths.sort());
});

test('an order handed in again, before and after a kill, has one effect', async () => {
  const first = await call('post', '/orders', undefined, suspend('key-00002'));
  const second = await call('post', '/orders', undefined, suspend('key-00002'));
  await kill();
  await start();
  const third = await call('post', '/orders', undefined, suspend('key-00002'));
  expect([second.orderId, third.orderId]).toEqual([first.orderId, first.orderId]);
  const { effects, submissions } = await call('get', '/admin/effects');
  expect(effects).toHaveLength(1);
  expect(submissions).toMatchObject([{ idempotencyKey: 'key-00002', cards: [ICCID], count: 3 }]);
});

test('an order whose answer is cut off was taken all the same', async () => {
  await call('post', '/admin/behaviour', undefined, { dropAnswers: 1 });
  await expect(call('post', '/orders', undefined, suspend('key-00003'))).rejects.toThrow();
  expect((await call('get', '/cards/{iccid}', ICCID)).state).toBe('suspended');
  expect((await call('post', '/orders', undefined, suspend('key-00003'))).orderId).toBe('P000001');
});

test('a batch is answered card by card: one refused, one already there, repeated when told so', async () => {
  const refused = '8986001234567890555';
  await call('post', '/admin/behaviour', undefined, { refuseCards: [refused], repeatAnswers: true });
  await call('post', '/orders', undefined, suspend('key-00004'));
  const { orderId } = await call('post', '/orders', undefined, suspend('key-00005', [ICCID, refused]));
  const { results } = await call('get', '/orders/{orderId}', orderId as string);
  expect((results as { reason: string }[]).map(line => line.reason)).toEqual([
    'already-in-that-state',
    'refused-by-operator',
    'already-in-that-state',
    'refused-by-operator',
  ]);
});

test('a batch worked in parts is partial until its last card is worked', async () => {
  await call('post', '/admin/behaviour', undefined, { partialBatch: 1, delayMs: 400 });
  const { orderId } = await call(
    'post',
    '/orders',
    undefined,
    suspend('key-00006', [ICCID, '8986001234567890777']),
  );
  const statuses = new Set<unknown>();
  for (let i = 0; i < 60 && !statuses.has('finished'); i += 1) {
    statuses.add((await call('get', '/orders/{orderId}', orderId as string)).status);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  expect([...statuses]).toEqual(['queued', 'partial', 'finished']);
});
