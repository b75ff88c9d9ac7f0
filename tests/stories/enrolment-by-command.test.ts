/** C1: a batch comes with a claim certificate, a person approves, and the forecast tells what ends when: by command alone. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pemOf, pemParts } from '../../server/src/kernel/der/pem.ts';
import {
  askEst,
  certificatesIn,
  type EstPlace,
  listenerFiles,
  newDevice,
} from '../../server/src/modules/devices/testing/est-client.ts';
import { deviceRequest, testRoot } from '../../server/src/modules/devices/testing/test-root.ts';
import { ApiClient, until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const folder = dataFolder();
const home = mkdtempSync(join(tmpdir(), 'tw-home-'));
const at = (name: string): string => join(home, name);
let server: ServerProcess;
let client: ApiClient;
let line: CommandLine;
let authority = 0;
let place: Omit<EstPlace, 'label'>;

beforeAll(async () => {
  const { certFile, keyFile, ca } = listenerFiles(home);
  server = await startServer(folder.path, {
    env: { THINGWARD_EST_PORT: '0', THINGWARD_EST_CERT: certFile, THINGWARD_EST_KEY: keyFile },
  });
  const first = server.first as { email: string; password: string };
  client = new ApiClient(server.address);
  await client.signIn(first.email, first.password, 'a long enough pass phrase 6');
  line = commandLine(home, { THINGWARD_URL: server.address, THINGWARD_TOKEN: client.token as string });
  const root = testRoot(Date.now());
  const asked = { name: 'issuing', organization: 'Test' };
  const made = await client.post<{ id: number; request: string }>('/device-authorities', asked);
  const [request = Buffer.alloc(0)] = pemParts(made.request, 'CERTIFICATE REQUEST');
  await client.post(`/device-authorities/${made.id}/certificate`, {
    certificate: pemOf('CERTIFICATE', root.certify(request)),
    above: pemOf('CERTIFICATE', root.certificate),
  });
  authority = made.id;
  const { live } = await client.get<{ live: Record<string, { est?: { port?: number } }> }>('/status');
  place = { port: live['certificate authority']?.est?.port ?? 0, ca };
}, 120_000);
afterAll(async () => {
  await server?.stop();
  folder.remove();
  rmSync(home, { recursive: true, force: true });
});

test('a batch with a claim certificate enrols, a person approves, and the weeks of the forecast fill', async () => {
  const ofFleet = [
    'fleets',
    'add',
    'batch',
    'meter-3',
    '--authority',
    String(authority),
    '--approve',
    'first',
  ];
  const fleet = await line.json<{ id: number; label: string }>('devices', ...ofFleet);
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(at('claim.csr'), pemOf('CERTIFICATE REQUEST', deviceRequest([], keys).der));
  const bounds = ['--title', 'batch 7', '--devices', '2', '--days', '30', '--register'];
  const add = ['claims', 'add', String(fleet.id), at('claim.csr'), ...bounds, '--out', at('claim.pem')];
  const claim = await line.json<{ id: number; certificate: string }>('devices', ...add);
  const [der = Buffer.alloc(0)] = pemParts(claim.certificate, 'CERTIFICATE');
  const certificate = { der, key: keys.privateKey };
  const est = { ...place, label: fleet.label };
  const device = newDevice('meter-3:B1');
  const ask = () => askEst(est, 'simpleenroll', { request: device.request(), certificate });

  const waits = await ask();
  expect([waits.status, waits.body]).toEqual([202, 'approval-waited-for\n']);
  expect(Number(waits.headers['retry-after'])).toBeGreaterThanOrEqual(60);
  const listed = await line.run('devices', 'approvals', 'list');
  expect(listed.out).toMatch(/meter-3:B1.*simpleenroll.*claim.*waits/);
  const { items } = await client.get<{ items: { id: number }[] }>('/device-approvals?state=asked');
  const done = await line.run('devices', 'approvals', 'approve', String(items[0]?.id), '--lang', 'zh');
  expect(done.out).toContain('meter-3:B1：已批准');
  const given = await ask();
  expect(given.status).toBe(200);
  expect((await line.run('devices', 'claims', 'list')).out).toMatch(/batch 7.*valid.*1 \/ 2/);

  const own = { der: certificatesIn(given.body)[0] as Buffer, key: device.keys.privateKey };
  expect((await askEst(est, 'csrattrs', { certificate: own })).status).toBe(200);
  const filtered = ['list', '--claim', String(claim.id)];
  expect((await line.run('certificates', ...filtered)).out).toMatch(/meter-3:B1.*valid.*stands/);
  const weeks = await line.run('certificates', 'forecast', '--weeks', '60');
  expect(weeks.out).toMatch(new RegExp(`20\\d\\d-\\d\\d-\\d\\d +${authority} +meter-3 +1 +0 +0`));
  const headers = { authorization: `Bearer ${client.token}` };
  const metrics = `${server.address}/api/v1/certificate-forecast/metrics?weeks=60`;
  const answer = await fetch(metrics, { headers });
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  const which = `authority="${authority}",product="meter-3",which="ends"`;
  expect(await answer.text()).toMatch(
    new RegExp(`thingward_certificates_ending\\{week="20\\d\\d-\\d\\d-\\d\\d",${which}\\} 1\n`),
  );
  expect((await fetch(metrics)).status).toBe(401);

  await line.json('certificates', 'revoke', String(claim.id), '--why', 'read out of a device');
  const other = newDevice('meter-3:B2');
  const late = await askEst(est, 'simpleenroll', { request: other.request(), certificate });
  expect([late.status, late.body]).toEqual([403, 'client-revoked\n']);
  const shown = await line.run('devices', 'enrolments', '--device', 'meter-3:B1', '--steps');
  expect(shown.out).toMatch(/step 5, .*waits for a person/);
  expect(shown.out).toMatch(/step 8, .*done/);
}, 400_000);

test('a device whose clock was never set is told the time, and its trace says so and not that it was an attack (I-13)', async () => {
  const fleet = await line.json<{ id: number; label: string }>(
    ...['devices', 'fleets', 'add', 'clocks', 'meter-3', '--authority', String(authority)],
  );
  const { items } = await client.post<{ items: { secret: string }[] }>(
    `/device-fleets/${fleet.id}/expected`,
    {
      serials: ['T1'],
    },
  );
  const said = await askEst({ ...place, label: fleet.label }, 'simpleenroll', {
    ...{ request: newDevice('meter-3:T1').request(), basic: `T1:${items[0]?.secret ?? ''}` },
    headers: { date: new Date(3_600_000).toUTCString() },
  });
  expect(said.status).toBe(200);
  expect(Math.abs(Date.parse(String(said.headers['date'])) - Date.now())).toBeLessThan(600_000);
  const shown = await line.run('devices', 'enrolments', '--device', 'meter-3:T1', '--steps');
  expect(shown.out).toMatch(/1970-01-01T01:00:00.000Z.*never set, which is no attack/);
}, 200_000);

test('an audit finds a claim that is too wide, it becomes a finding with a case, and a person says what it is (I-22, I-26)', async () => {
  const fleet = await line.json<{ id: number }>(
    ...['devices', 'fleets', 'add', 'wide', 'meter-3', '--authority', String(authority)],
  );
  writeFileSync(at('wide.csr'), pemOf('CERTIFICATE REQUEST', deviceRequest([]).der));
  const bounds = ['--title', 'everybody', '--devices', '5000', '--days', '200', '--register'];
  await line.json('devices', 'claims', 'add', String(fleet.id), at('wide.csr'), ...bounds);
  const run = await line.json<{ fresh: number }>('devices', 'audits', 'run');
  expect(run.fresh).toBeGreaterThanOrEqual(3);
  const listed = await line.run('devices', 'audits', 'results', '--check', 'claim-too-wide');
  expect(listed.out).toMatch(/claim-too-wide.*high.*registers anybody/);
  expect((await line.run('devices', 'audits', 'list', '--lang', 'zh')).out).toContain('申领凭证权限过宽');
  await until('a case of the finding', async () => {
    const { items } = await client.get<{ items: { caseId: number | null }[] }>(
      '/findings?rule=device-audit-high',
    );
    return items.length > 0 && items.every(each => each.caseId !== null);
  });
  const { items } = await client.get<{ items: { id: number }[] }>('/device-audit-results');
  const verify = ['verify', String(items[0]?.id), 'true-positive', '--why', 'to be narrowed'];
  expect((await line.run('devices', 'audits', ...verify)).out).toContain('true');
  const { items: last } = await client.get<{ items: { verification: string }[] }>('/device-audit-results');
  expect(last[0]?.verification).toBe('true-positive');
}, 300_000);
