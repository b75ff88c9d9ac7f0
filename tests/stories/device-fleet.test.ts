/** C1: a device that speaks through another card is found, and a fleet whose keys leaked is ended by two persons. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pemOf, pemParts } from '../../server/src/kernel/der/pem.ts';
import { deviceRequest, testRoot } from '../../server/src/modules/devices/testing/test-root.ts';
import { ApiClient, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { serverPair } from '../gateway/server-pair.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const PASSWORD = 'a long enough pass phrase 6';
/** More than one transaction revokes. */
const LEAKED = 104;
const CARD = '8986001234567890123';
const files = serverPair();

interface Items<T> {
  readonly items: readonly T[];
}
interface Identity {
  readonly id: number;
  readonly cert: string;
  readonly key: string;
}

const folder = dataFolder();
const root = testRoot(Date.now());
let server: ServerProcess;
let client: ApiClient;
let second: ApiClient;
let lead: CommandLine;
let authority: number;

const start = () =>
  startServer(folder.path, {
    env: {
      ...{ THINGWARD_GATEWAY_HTTPS_PORT: '0', THINGWARD_GATEWAY_HOST: '127.0.0.1' },
      ...{ THINGWARD_GATEWAY_CERT: files.certFile, THINGWARD_GATEWAY_KEY: files.keyFile },
    },
  });

function deskOf(name: string, token: string): CommandLine {
  const home = join(folder.path, name);
  mkdirSync(home, { recursive: true });
  return commandLine(home, { THINGWARD_URL: server.address, THINGWARD_TOKEN: token });
}

beforeAll(async () => {
  server = await start();
  client = new ApiClient(server.address);
  const first = server.first as { email: string; password: string };
  await client.signIn(first.email, first.password, PASSWORD);
  const { partyId } = await client.get<{ partyId: number }>('/me');
  const person = await client.post<{ oneTimePassword: string }>('/people', {
    ...{ email: 'second@root.example', name: 'second', role: 'supervisor', partyId },
  });
  second = new ApiClient(server.address);
  await second.signIn('second@root.example', person.oneTimePassword, PASSWORD);
  lead = deskOf('lead', client.token as string);
  const made = await client.post<{ id: number; request: string }>('/device-authorities', {
    ...{ name: 'issuing', organization: 'Example' },
  });
  authority = made.id;
  const [asked] = pemParts(made.request, 'CERTIFICATE REQUEST');
  await client.post(`/device-authorities/${authority}/certificate`, {
    certificate: pemOf('CERTIFICATE', root.certify(asked as Buffer)),
    above: pemOf('CERTIFICATE', root.certificate),
    lists: pemOf('X509 CRL', root.crl),
  });
}, 300_000);
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

async function identity(device: string): Promise<Identity> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { der } = deviceRequest([['commonName', device]], keys);
  const body = { device, authority, request: pemOf('CERTIFICATE REQUEST', der) };
  const made = await client.post<{ id: number; certificate: string }>('/certificates', body);
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { id: made.id, cert: made.certificate, key };
}

/** The status of what the gateway answers to a post by a device, and its code. */
async function told(one: Identity, topic: string, body: object): Promise<string> {
  const { live } = await client.get<{ live: { gateway: { httpsPort: number } } }>('/status');
  const place = { host: '127.0.0.1', port: live.gateway.httpsPort, servername: 'localhost', method: 'POST' };
  return await new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ ...place, path: `/telemetry/${topic}`, agent: false, cert: one.cert, key: one.key },
        ca: readFileSync(files.certFile),
      },
      answer => {
        let text = '';
        answer.on('data', part => {
          text += part;
        });
        answer.on('end', () => resolve(`${answer.statusCode} ${text}`.trim()));
        answer.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
}

test('a device that says it speaks through another card than it carries is a finding with a case (I-29)', async () => {
  await client.importTable('cards', `iccid\n${CARD}\n`);
  const table = `serial,product,iccid,imei\nB1,valve,${CARD},357520074265338\nB2,valve,,357520074265346\n`;
  await client.importTable('devices', table);
  await client.put('/gateway/rights/valve', { publish: ['up/{serial}/#'], subscribe: [] });
  const [one, other] = [await identity('valve:B1'), await identity('valve:B2')];
  expect(await told(one, 'up/B1/state', { iccid: CARD, imei: '357520074265338' })).toBe('204');
  expect(await told(other, 'up/B2/state', { iccid: '8986009876543210987', imei: '357520074265346' })).toBe(
    '204',
  );
  expect(await told(one, 'up/B1/state', { iccid: '8986009876543210987', imei: '357520074265338' })).toBe(
    '204',
  );
  type Found = { readonly caseId: number | null; readonly subject: { readonly reference: string } };
  const found = await until('a finding with a case', async () => {
    const { items } = await client.get<Items<Found>>('/findings?rule=device-with-another-card');
    return items.some(each => each.caseId !== null) ? items : null;
  });
  expect(found.map(each => each.subject.reference)).toEqual(['valve:B1']);
}, 120_000);

test('a leaked fleet is seen, asked for, approved by another, and ended once each, though the server is killed (I-28)', async () => {
  const serials = Array.from({ length: LEAKED }, (_, n) => `L${n}`);
  await client.importTable('devices', `serial,product\n${serials.map(each => `${each},leaky\n`).join('')}`);
  const leaked: Identity[] = [];
  for (let n = 0; n < LEAKED; n += 8)
    leaked.push(...(await Promise.all(serials.slice(n, n + 8).map(each => identity(`leaky:${each}`)))));
  await client.put('/gateway/rights/leaky', { publish: ['up/{serial}/#'], subscribe: [] });
  const [one] = leaked as [Identity];
  expect(await told(one, 'up/L0/state', {})).toBe('204');
  const chosen = ['--product', 'leaky', '--authority', String(authority)];
  const seen = await lead.json<{ certificates: number; devices: number }>(
    'revocations',
    'preview',
    ...chosen,
  );
  expect(seen).toMatchObject({ certificates: LEAKED, devices: LEAKED });
  const why = ['--reason', 'key-compromise', '--why', 'the keys of the factory leaked'];
  const short = await lead.run('revocations', 'ask', ...chosen, '--expected', '7', ...why);
  expect([short.code, short.err]).toEqual([1, expect.stringContaining('revocation-changed')]);
  const asked = ['ask', ...chosen, '--expected', String(LEAKED), ...why];
  const { id } = await lead.json<{ id: number }>('revocations', ...asked);
  const alone = await lead.run('revocations', 'approve', String(id), '--lang', 'zh');
  expect([alone.code, alone.err]).toEqual([1, expect.stringContaining('不得批准自己提出的批量吊销')]);
  expect(await told(one, 'up/L0/state', {})).toBe('204');

  const approved = await deskOf('second', second.token as string).run('revocations', 'approve', String(id));
  expect([approved.code, approved.out]).toEqual([0, expect.stringContaining(`${LEAKED} certificates`)]);
  await server.kill();
  server = await start();
  for (const each of [client, second]) Object.assign(each, { address: server.address });
  const done = await until(
    'the end of the revocation',
    async () => {
      const path = `/certificate-revocations/${id}`;
      const now = await client.get<{ state: string; progress: Record<string, number> }>(path);
      return now.state === 'ended' ? now : null;
    },
    60_000,
  );
  expect(done.progress).toEqual({ revoked: LEAKED, wasRevoked: 0, waiting: 0 });
  for (const each of [...leaked.slice(0, 4), ...leaked.slice(-8)]) {
    const { acts, state } = await client.get<{ state: string; acts: readonly { act: string }[] }>(
      `/certificates/${each.id}`,
    );
    expect([each.id, state, acts.map(one => one.act)]).toEqual([each.id, 'revoked', ['issued', 'revoked']]);
  }
  expect(await told(one, 'up/L0/state', {})).toContain('certificate-revoked');
  const shown = await deskOf('later', client.token as string).run('revocations', 'show', String(id));
  expect(shown.out).toMatch(/key-compromise\s+the keys of the factory leaked/);
  const empty = await deskOf('later', client.token as string).run('revocations', 'preview', ...chosen);
  expect([empty.code, empty.err]).toEqual([1, expect.stringContaining('revocation-empty')]);
}, 400_000);
