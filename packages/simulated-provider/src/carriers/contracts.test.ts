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
  /** What stands before the contract's paths at this carrier. */
  readonly prefix?: string;
  /** What is counted for the card on a day, where the carrier counts so. */
  readonly day?: Readonly<Record<string, string | number>>;
  readonly signIn: Step;
  /** What the sign-in sends as a form, and beside it. */
  readonly signInForm?: string;
  readonly signInHeaders?: Readonly<Record<string, string>>;
  /** What later steps send along, out of the answer to the sign-in. */
  pass(answer: Readonly<Record<string, unknown>>): Readonly<Record<string, string>>;
  /** A step may put the token into the body where the contract has it there. */
  readonly passInBody?: string;
  readonly steps: readonly Step[];
}

const ICCID = '8988303000012345678';
const PHONE = '+14400000001';
const DEVICE = { phoneNumber: PHONE };
const CALLS = '/iot-sim-fraud-prevention/v0.1';
const SUBSCRIPTIONS = '/iot-sim-fraud-prevention-subscriptions/v0.1/subscriptions';
const SUBSCRIBE = {
  types: ['org.camaraproject.iot-sim-fraud-prevention.v0.imei-change'],
  protocol: 'HTTP',
  sink: 'https://sink.example.org/',
  config: { subscriptionDetail: { device: DEVICE }, initialEvent: false },
};
const RUNS: Readonly<Record<string, Run>> = {
  camara: {
    card: PHONE,
    word: 'seen area',
    signIn: ['POST /token', '/token', 200],
    signInForm: 'grant_type=client_credentials',
    signInHeaders: {
      authorization: `Basic ${Buffer.from('simulated-client:simulated-client-secret').toString('base64')}`,
    },
    pass: answer => ({ authorization: `Bearer ${answer['access_token']}` }),
    steps: [
      ['POST /bind', `${CALLS}/bind`, 200, { device: DEVICE, bindType: 'IMEIBIND' }],
      ['POST /bind', `${CALLS}/bind`, 200, { device: DEVICE, bindType: 'AREALIMIT' }],
      ['POST /query', `${CALLS}/query`, 200, { device: DEVICE, queryType: 'IMEIBIND' }],
      ['POST /query', `${CALLS}/query`, 200, { device: DEVICE, queryType: 'AREALIMIT' }],
      ['POST /query', `${CALLS}/query`, 404, { device: { phoneNumber: '+1' }, queryType: 'AREALIMIT' }],
      ['POST /unbind', `${CALLS}/unbind`, 200, { device: DEVICE, unBindType: 'IMEIBIND' }],
      ['POST /unbind', `${CALLS}/unbind`, 422, { device: DEVICE, unBindType: 'IMEIBIND' }],
      ['POST /subscriptions', SUBSCRIPTIONS, 201, SUBSCRIBE],
      ['GET /subscriptions', SUBSCRIPTIONS, 200],
      ['GET /subscriptions/{subscriptionId}', `${SUBSCRIPTIONS}/700`, 200],
      ['DELETE /subscriptions/{subscriptionId}', `${SUBSCRIPTIONS}/700`, 204],
      ['GET /subscriptions/{subscriptionId}', `${SUBSCRIPTIONS}/700`, 404],
    ],
  },
  emnify: {
    card: ICCID,
    word: 'Activated',
    day: { day: '2026-11-02', tx: 1.5, rx: 2.25 },
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
      [
        'GET /api/v1/endpoint/{endpoint_id}/stats/daily',
        '/api/v1/endpoint/8000/stats/daily?start_date=2026-11-01&end_date=2026-11-03',
        200,
      ],
      [
        'GET /api/v1/endpoint/{endpoint_id}/stats/daily',
        '/api/v1/endpoint/9/stats/daily?start_date=2026-11-01&end_date=2026-11-03',
        404,
      ],
      ['GET /api/v1/service_profile', '/api/v1/service_profile?page=1&per_page=10', 200],
      ['GET /api/v1/service_profile/{profile_id}', '/api/v1/service_profile/41', 200],
      ['GET /api/v1/service_profile/{profile_id}', '/api/v1/service_profile/7', 404],
      [
        'PATCH /api/v1/service_profile/{profile_id}',
        '/api/v1/service_profile/41',
        204,
        { sms_p2p_int: false, sms_p2p_ext: false },
      ],
    ],
  },
  'control-center': {
    card: ICCID,
    word: 'ACTIVATED',
    prefix: '/rws/api',
    signIn: ['GET /v1/devices', '/v1/devices', 401],
    pass: () => ({
      authorization: `Basic ${Buffer.from('simulated-user:simulated-api-key').toString('base64')}`,
    }),
    steps: [
      ['GET /v1/devices', '/v1/devices', 400],
      ['GET /v1/devices', '/v1/devices?modifiedSince=2026-01-01T00:00:00%2B00:00&pageSize=50', 200],
      ['GET /v1/devices/{iccid}', `/v1/devices/${ICCID}`, 200],
      ['GET /v1/devices/{iccid}', '/v1/devices/8988303000099999999', 404],
      ['PUT /v1/devices/{iccid}', `/v1/devices/${ICCID}`, 200, { status: 'DEACTIVATED' }],
      ['PUT /v1/devices/{iccid}', `/v1/devices/${ICCID}`, 400, { status: 'NONSENSE' }],
      ['GET /v1/devices/{iccid}/ctdUsages', `/v1/devices/${ICCID}/ctdUsages`, 200],
    ],
  },
  onelink: {
    card: ICCID,
    word: '2',
    passInBody: 'token',
    signIn: [
      'GET /get/token',
      '/get/token?appid=simulated-appid&password=simulated-password&transid=simulated-appid2026112600000000000001',
      200,
    ],
    pass: answer => ({
      token: String((answer['result'] as { token: string }[])[0]?.token),
      transid: 'simulated-appid2026112600000000000002',
    }),
    steps: [
      ['GET /get/token', '/get/token?appid=wrong', 200],
      ['POST /query/sim-status', '/query/sim-status', 200, { iccid: ICCID }],
      ['POST /query/sim-status', '/query/sim-status', 200, { iccid: '8988303000099999999' }],
      ['POST /change/sim-status', '/change/sim-status', 200, { iccid: ICCID, operType: '0' }],
      ['POST /change/sim-status', '/change/sim-status', 200, { iccid: ICCID, operType: '0' }],
      ['POST /query/sim-data-usage', '/query/sim-data-usage', 200, { iccid: ICCID }],
    ],
  },
  soracom: {
    card: ICCID,
    word: 'active',
    day: { day: '2026-11-02', tx: 1.5, rx: 2.25 },
    prefix: '/v1',
    signIn: ['POST /auth', '/auth', 200, { authKeyId: 'keyId-simulated', authKey: 'secret-simulated' }],
    pass: answer => ({
      'x-soracom-api-key': String(answer['apiKey']),
      'x-soracom-token': String(answer['token']),
    }),
    steps: [
      ['POST /auth', '/auth', 401, { authKeyId: 'wrong' }],
      ['GET /query/sims', `/query/sims?iccid=${ICCID}&limit=10`, 200],
      ['GET /sims', '/sims?limit=10', 200],
      ['GET /sims/{sim_id}', '/sims/5000', 200],
      ['GET /sims/{sim_id}', '/sims/1', 404],
      ['POST /sims/{sim_id}/deactivate', '/sims/5000/deactivate', 200, {}],
      ['POST /sims/{sim_id}/suspend', '/sims/5000/suspend', 200, {}],
      ['POST /sims/{sim_id}/activate', '/sims/5000/activate', 200, {}],
      [
        'POST /sims/{sim_id}/update_speed_class',
        '/sims/5000/update_speed_class',
        200,
        { speedClass: 's1.minimum' },
      ],
      ['GET /stats/air/sims/{sim_id}', '/stats/air/sims/5000?from=1&to=2&period=month', 200],
      ['GET /stats/air/sims/{sim_id}', '/stats/air/sims/5000?from=1793491200&to=1793750399&period=day', 200],
      ['POST /sims/{sim_id}/terminate', '/sims/5000/terminate', 200, {}],
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
    if (run.day !== undefined)
      await fetch(`${address}/admin/days`, {
        method: 'POST',
        body: JSON.stringify({ iccid: run.card, ...run.day }),
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
      const response = await fetch(address + (run.prefix ?? '') + path, {
        method: operation.split(' ')[0] as string,
        headers: run.passInBody === undefined ? headers : {},
        ...(operation === run.signIn[0] && run.signInForm !== undefined
          ? { body: new URLSearchParams(run.signInForm) }
          : {}),
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
    const pass = run.pass(await take(run.signIn, run.signInHeaders ?? {}));
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
