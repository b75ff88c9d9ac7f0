import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { CARRIERS } from './all.ts';
import { openCarrierDoor } from './door.ts';

interface Shape {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly values?: Shape;
  readonly items?: Shape;
}
interface Operation {
  readonly query?: readonly string[];
  readonly sends?: Shape;
  readonly answers: Readonly<Record<string, Shape | null>>;
}
interface Contract {
  readonly source: string;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}
/** What is asked of a stand-in: name of the operation, path, body, the status it comes to. */
type Step = readonly [
  operation: string,
  path: string,
  status: number,
  body?: Readonly<Record<string, unknown>>,
];
interface Run {
  readonly card: string;
  readonly word: string;
  readonly signIn: Step;
  /** What later steps send along, out of the answer to the sign-in. */
  pass(answer: Readonly<Record<string, unknown>>): Readonly<Record<string, string>>;
  /** A step may put the token into the body where the contract has it there. */
  readonly passInBody?: string;
  readonly steps: readonly Step[];
}

const ICCID = '8988303000012345678';
const RUNS: Readonly<Record<string, Run>> = {
  emnify: {
    card: ICCID,
    word: 'Activated',
    signIn: [
      'POST /api/v1/authenticate',
      '/api/v1/authenticate',
      200,
      { application_token: 'simulated-application-token' },
    ],
    pass: answer => ({ authorization: `Bearer ${answer['auth_token']}` }),
    steps: [
      ['POST /api/v1/authenticate', '/api/v1/authenticate', 401, { application_token: 'wrong' }],
      ['GET /api/v1/sim', `/api/v1/sim?q=iccid:${ICCID}`, 200],
      ['GET /api/v1/sim/{sim_id}', '/api/v1/sim/5000', 200],
      ['GET /api/v1/sim/{sim_id}', '/api/v1/sim/9', 404],
      ['PATCH /api/v1/sim/{sim_id}', '/api/v1/sim/5000', 204, { status: { id: 2 } }],
      ['PATCH /api/v1/sim/{sim_id}', '/api/v1/sim/5000', 400, { status: { id: 2 } }],
      ['GET /api/v1/sim/{sim_id}/stats', '/api/v1/sim/5000/stats', 200],
    ],
  },
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe.each(Object.keys(CARRIERS))('the stand-in for %s', name => {
  const contract = JSON.parse(
    readFileSync(new URL(`../../contracts/${name}.json`, import.meta.url), 'utf8'),
  ) as Contract;
  const run = RUNS[name] as Run;

  test('answers every operation of the contract as the contract says', async () => {
    const address = await start(name);
    await fetch(`${address}/admin/cards`, {
      method: 'POST',
      body: JSON.stringify({ iccid: run.card, word: run.word }),
    });
    const seen = new Set<string>();
    const take = async ([operation, path, status, body]: Step, headers: Readonly<Record<string, string>>) => {
      const declared = contract.operations[operation];
      if (declared === undefined) throw new Error(`${operation} is not in the contract`);
      for (const key of new URL(path, address).searchParams.keys())
        expect(declared.query, operation).toContain(key);
      const sent = run.passInBody === undefined ? body : { ...body, ...headers };
      if (body !== undefined && declared.sends !== undefined)
        conform(sent, declared.sends, `${operation} sends`);
      const response = await fetch(address + path, {
        method: operation.split(' ')[0] as string,
        headers: run.passInBody === undefined ? headers : {},
        ...(body === undefined ? {} : { body: JSON.stringify(sent) }),
      });
      expect([operation, response.status]).toEqual([operation, status]);
      const shape = declared.answers[String(status)];
      if (shape === undefined)
        throw new Error(`${operation} answers ${status}, which the contract does not name`);
      const text = await response.text();
      if (shape === null) expect(text).toBe('');
      else conform(JSON.parse(text), shape, `${operation} ${status}`);
      seen.add(operation);
      return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    };
    const pass = run.pass(await take(run.signIn, {}));
    for (const step of run.steps) await take(step, pass);
    expect([...seen].sort()).toEqual(Object.keys(contract.operations).sort());
  });

  function conform(value: unknown, shape: Shape, path: string): void {
    if (shape.$ref !== undefined) {
      conform(value, contract.shapes[shape.$ref] as Shape, path);
      return;
    }
    if (shape.type !== undefined) {
      const types = [shape.type].flat();
      const is = typeName(value);
      expect(is === 'integer' && types.includes('number') ? 'number' : is, path).toBeOneOf(types);
    }
    if (shape.enum !== undefined) expect(shape.enum, path).toContain(value);
    if (Array.isArray(value))
      for (const [i, item] of value.entries()) conform(item, shape.items ?? {}, `${path}[${i}]`);
    if (typeName(value) !== 'object') return;
    for (const field of shape.required ?? []) expect(value, path).toHaveProperty([field]);
    for (const [field, inner] of Object.entries(value as object)) {
      const known = shape.properties?.[field] ?? shape.values;
      if (known === undefined && shape.properties !== undefined)
        throw new Error(`${path}.${field} is not in the contract`);
      if (known !== undefined) conform(inner, known, `${path}.${field}`);
    }
  }
});

async function start(name: string): Promise<string> {
  server = openCarrierDoor(CARRIERS[name] as Parameters<typeof openCarrierDoor>[0]);
  await new Promise<void>(resolve => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}
