import { readFileSync } from 'node:fs';
import { Agent, request as ask } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draws } from '../../server/src/modules/cards/formats/csv-fuzz.ts';
import { ApiClient } from '../api-client.ts';
import { effort } from '../prove.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';
import { pick } from './disturb.ts';
import { type Operation, operationsOf, type Request, requestFor, type Schema } from './http-inputs.ts';

const REQUESTS = effort(3_000, 100_000);
const AT_ONCE = 12;
/** One request may wait for a password to be hashed, and for others'. */
const ANSWER_MS = 30_000;

const folder = dataFolder();
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
let server: ServerProcess;
let token: string;
let operations: Operation[];

beforeAll(async () => {
  server = await startServer(folder.path, { env: { THINGWARD_LOG: 'error' } });
  const client = new ApiClient(server.address);
  const { email, password } = server.first ?? { email: '', password: '' };
  await client.signIn(email, password, 'correct horse battery');
  const { scopes } = await client.get<{ scopes: string[] }>('/me');
  token = (await client.post<{ key: string }>('/api-keys', { title: 'fuzz', scopes })).key;
  const mapping = { columns: { iccid: 'iccid', time: 'time', bytesUp: 'bytesUp' } };
  for (const [name, format, profile] of [
    ['csv', 'generic-csv', { mapping }],
    ['detail', 'freeradius-detail', { counter: 'per-series' }],
    ['tap', 'tap3', {}],
  ])
    await client.post('/sources', { name, format, profile });
  await client.importTable('cards', 'iccid,class\n8944500102198304826,meter\n');
  const document = await (await fetch(`${server.address}/openapi.json`)).json();
  operations = operationsOf(document as Parameters<typeof operationsOf>[0]);
});
afterAll(async () => {
  agent.destroy();
  await server.stop();
  folder.remove();
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

function answerTo({ method, path, headers, body }: Request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === null ? {} : { 'content-length': body.length };
    const options = { method, agent, headers: { ...headers, ...length }, timeout: ANSWER_MS };
    const asked = ask(`${server.address}${path}`, options, answer => {
      const type = answer.headers['content-type'] ?? '';
      const status = answer.statusCode ?? 0;
      // A stream of events has no end.
      if (type.startsWith('text/event-stream')) {
        answer.destroy();
        resolve({ status, type, text: '' });
        return;
      }
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => resolve({ status, type, text: Buffer.concat(parts).toString() }));
      answer.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    asked.on('error', reject);
    asked.end(body ?? undefined);
  });
}

/** What is wrong with an answer, or null. */
function faultOf({ status, type, text }: Answer, path: string, sentTo: string): string | null {
  if (status >= 500 && status !== 503) return `answered ${status}`;
  if (status < 400) return null;
  if (path.startsWith('/api/v1/camara/') && reachesRoute(sentTo))
    return faultOfErrorInfo({ status, type, text });
  if (!type.startsWith('application/problem+json')) return `${status} without a problem document (${type})`;
  const { code, title, mend } = JSON.parse(text) as Record<string, unknown>;
  const isTold = [code, title, mend].every(each => typeof each === 'string' && each !== '');
  return isTold ? null : `${status} says nothing: ${text}`;
}

/** An address that cannot be decoded, has a part too long or leads elsewhere by dots meets no route, nor its form of errors. */
function reachesRoute(sentTo: string): boolean {
  try {
    const parts = sentTo.split('?')[0]!.split('/').map(decodeURIComponent);
    return parts.every(part => part.length <= 300 && part !== '.' && part !== '..');
  } catch {
    return false;
  }
}

/** CAMARA's form of an error: `ErrorInfo` of its contract. */
function faultOfErrorInfo({ status, type, text }: Answer): string | null {
  if (!type.startsWith('application/json')) return `${status} without ErrorInfo (${type})`;
  const told = JSON.parse(text) as Record<string, unknown>;
  const isTold =
    told['status'] === status && /^[A-Z_]+$/.test(String(told['code'])) && told['message'] !== '';
  return isTold ? null : `${status} says nothing: ${text}`;
}

function peakRssMb(): number {
  const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** The whole numbers of a schema that lack a bound, by their places. */
function unbounded(schema: Schema, place: string): string[] {
  const parts = [
    ...Object.entries(schema.properties ?? {}),
    ...(schema.anyOf ?? []).map(each => ['|', each] as const),
  ];
  const inner = [...parts, ...(schema.items === undefined ? [] : [['[]', schema.items] as const])];
  const isOpen = schema.type === 'integer' && (schema.minimum === undefined || schema.maximum === undefined);
  return [
    ...(isOpen ? [place] : []),
    ...inner.flatMap(([name, part]) => unbounded(part, `${place}.${name}`)),
  ];
}

describe('the running server', () => {
  it('takes no whole number that the database could not hold', () => {
    const open = operations.flatMap(({ method, path, parameters, body }) => [
      ...parameters.flatMap(({ name, schema }) => unbounded(schema, `${method} ${path} ?${name}`)),
      ...(body === null ? [] : unbounded(body, `${method} ${path}`)),
    ]);
    expect(operations.length).toBeGreaterThan(40);
    expect(open).toEqual([]);
  });

  it('answers hostile requests to every route with what is wrong with them, never with a fault of its own', async () => {
    const statuses = new Map<number, number>();
    const faults = new Map<string, string>();
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let number = next++; number < REQUESTS; number = next++) {
        const draw = draws(number + 1);
        const operation = pick(draw, operations);
        const request = requestFor(draw, operation, token);
        const answer = await answerTo(request).catch((error: Error) => ({
          status: 599,
          type: '',
          text: error.message,
        }));
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const fault = faultOf(answer, operation.path, request.path);
        const place = `${operation.method} ${operation.path}`;
        if (fault !== null && !faults.has(place))
          faults.set(
            place,
            `${fault} ${answer.text.slice(0, 300)} to ${request.path} ${JSON.stringify(request.headers)} ${request.body?.toString('latin1').slice(0, 600)}`,
          );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}:${count}`);
    const rss = peakRssMb();
    process.stdout.write(
      `fuzz http inputs=${REQUESTS} routes=${operations.length} crashes=${faults.size} peak_rss_mb=${rss.toFixed(0)} answers=${counts.join(',')}\n`,
    );
    expect(Object.fromEntries(faults)).toEqual({});
    expect(
      (await fetch(`${server.address}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status,
    ).toBe(200);
    expect(statuses.get(200) ?? 0).toBeGreaterThan(REQUESTS / 20);
    expect(rss).toBeLessThan(1_200);
  });
});
