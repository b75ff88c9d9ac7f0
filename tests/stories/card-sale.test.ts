/** B2, B4: a contract is signed, binds its card, something is opened by a second person; the chain shows its gaps. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient, until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

const PASSWORD = 'a long enough pass phrase 6';
const ICCID = '8986001234567890123';
const DAY_MS = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
let folder: ReturnType<typeof dataFolder>;
let server: ServerProcess;
let first: ApiClient;
let second: ApiClient;

beforeAll(async () => {
  folder = dataFolder();
  server = await startServer(folder.path);
  const founder = server.first as { email: string; password: string };
  first = new ApiClient(server.address);
  await first.signIn(founder.email, founder.password, PASSWORD);
  const { partyId } = await first.get<{ partyId: number }>('/me');
  const person = { email: 'second@example.org', name: 'second', role: 'supervisor', partyId };
  const made = await first.post<{ oneTimePassword: string }>('/people', person);
  second = new ApiClient(server.address);
  await second.signIn(person.email, made.oneTimePassword, PASSWORD);
}, 120_000);
afterAll(async () => {
  await server?.stop();
  folder?.remove();
});

const CLAUSES = {
  buyer: 'Meters Ltd.',
  seller: 'Carrier',
  channel: 'direct',
  class: 'metering',
  scenario: 'remote reading',
  deviceType: 'meter',
  functions: ['sms'],
  capBytes: 500_000_000,
  regions: ['460'],
  destinations: ['apn:cmiot'],
  binding: 'single',
  from: inDays(-30),
  to: inDays(300),
  realName: { clause: '7', text: 'The seller verifies who uses each card.' },
  penalty: { clause: '9', text: 'A breach ends the contract.' },
};

test('a card is sold, bound, opened by a second person, and moved to another device only when declared', async () => {
  const { id } = await first.post<{ id: number }>('/contracts', {
    reference: 'C-1',
    clauses: { ...CLAUSES, channel: 'online' },
  });
  await expect(first.post(`/contracts/${id}/sign`)).rejects.toMatchObject({ code: 'contract-not-signable' });
  await first.put(`/contracts/${id}`, { clauses: CLAUSES });
  await first.post(`/contracts/${id}/sign`);
  await first.importTable('cards', `iccid,contract\n${ICCID},C-1\n`);
  const opening = await first.post<{ id: number }>('/openings', {
    contract: id,
    iccid: ICCID,
    what: 'sms',
    why: 'alarms',
    until: inDays(30),
  });
  await expect(first.post(`/openings/${opening.id}/approve`)).rejects.toMatchObject({
    code: 'opening-by-the-asker',
  });
  expect(await second.post(`/openings/${opening.id}/approve`)).toMatchObject({ state: 'approved' });
  await first.post('/bindings', { iccid: ICCID, imei: '357520074265337' });
  const other = { iccid: ICCID, imei: '860123450000010' };
  await expect(first.post('/bindings', other)).rejects.toMatchObject({ code: 'binding-needs-swap-window' });
  const swap = { ...other, reason: 'broken meter' };
  await expect(
    first.post('/swap-windows', { ...swap, from: inDays(-1), to: inDays(1) }),
  ).rejects.toMatchObject({ code: 'swap-window-in-the-past' });
  await first.post('/swap-windows', { ...swap, from: inDays(1), to: inDays(2) });
  const { items } = await first.get<{ items: Array<{ imei: string }> }>(`/bindings?iccid=${ICCID}`);
  expect(items.map(each => each.imei).sort()).toEqual(['35752007426533', '86012345000001']);
}, 60_000);

test('a reseller’s difference becomes a finding, and the chain shows who is missing', async () => {
  const agreement = { realNameClause: 'clause 7', penaltyClause: 'clause 9' };
  const { id } = await first.post<{ id: number }>('/resellers', {
    reference: 'west',
    title: 'West',
    homeOperator: 'carrier',
    ...agreement,
  });
  await first.post(`/resellers/${id}/returns`, { what: 'sold', rows: [{ iccid: ICCID, at: inDays(-1) }] });
  expect(await first.post(`/resellers/${id}/reconcile`)).toMatchObject({ found: 1, added: 1 });
  await until('a finding of the difference', async () => {
    const { items } = await first.get<{ items: unknown[] }>('/findings?rule=reseller-difference');
    return items.length > 0;
  });
  await first.post('/responsible', { level: 'operator', reference: 'op', title: 'Operator' });
  const gaps = await first.get<{ items: Array<{ what: string }> }>('/duty-gaps');
  expect(gaps.items.map(each => each.what)).toEqual(['duty-missing', 'duty-missing']);
  await first.post('/inspections', { title: '2026', year: 2026, size: 1, dueMs: Date.now() + DAY_MS });
  const penalties = await first.get<{ items: Array<{ id: string }> }>('/penalties');
  expect(penalties.items.map(each => each.id)).toContain('anti-fraud-39-minor');
}, 60_000);
