/** The four data sets as a party of the running server gets them (C-54): by command, read back, of itself alone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkExport } from '../../packages/cli/src/regulator/check.ts';
import { canonicalJson } from '../../server/src/kernel/canonical-json.ts';
import { opens } from '../../server/src/kernel/seal/commitment.ts';
import { ApiClient } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { MARK, openScene, type Scene } from '../isolation/scene.ts';
import { dataFolder } from '../server-process.ts';
import { partsOf, rowsOf } from './parts.ts';

const folder = dataFolder();
const FROM = '2026-01-01T00:00:00+08:00';
const GROUND = 'Decision art. 12, request 2026-17';
const members = new Map<string, string>();
let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
}, 180_000);
afterAll(async () => {
  await scene?.close();
  folder.remove();
});

const deskOf = (token: string): CommandLine =>
  commandLine(folder.path, { THINGWARD_URL: scene.server.address, THINGWARD_TOKEN: token });
const file = (name: string): string => join(folder.path, name);
const now = (): string => new Date().toISOString();

async function post(token: string, body: object): Promise<Response> {
  return fetch(`${scene.server.address}/api/v1/regulator-exports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** What the ledger says of one of East's things. */
async function actsOf(object: string): Promise<Array<{ act: string; detail: Record<string, unknown> }>> {
  await new Promise(resolve => setTimeout(resolve, 1_500));
  const headers = { authorization: `Bearer ${scene.east.token}` };
  const url = `${scene.server.address}/api/v1/ledger/proofs?object=${object}`;
  const { items } = (await (await fetch(url, { headers })).json()) as { items: Array<{ entry: string }> };
  return items.map(each => JSON.parse(Buffer.from(each.entry, 'base64').toString()));
}

test('a party writes all four sets by command, masked, and they are what they say they are', async () => {
  const done = await deskOf(scene.east.token).json<{
    rows: number;
    manifestSha256: string;
    faults: unknown[];
  }>(...['regulator', 'export', file('east.zip'), '--from', FROM, '--to', now()]);
  expect(done).toMatchObject({ files: 9, faults: [] });
  const parts = await partsOf(file('east.zip'));
  const names = Object.keys(parts);
  for (const set of ['account-opening', 'network-retained', 'monitoring-results', 'security-posture'])
    expect(names.some(name => name.startsWith(`${set}/`))).toBe(true);
  for (const name of [
    'account-opening/registered',
    'network-retained/records',
    'monitoring-results/findings',
  ])
    expect(rowsOf(parts, name).length, name).toBeGreaterThan(5);
  for (const name of ['account-opening/holders', 'monitoring-results/cases', 'monitoring-results/measures'])
    expect(rowsOf(parts, name).length, name).toBeGreaterThan(0);
  const [holder] = rowsOf(parts, 'account-opening/holders');
  expect(holder).toMatchObject({ name: '••••', documentNumber: 'document:••••', outcome: 'verified' });
  const records = rowsOf(parts, 'network-retained/records');
  expect(records.every(row => row['imei'] === '' || /^imei:••••\d\d$/.test(row['imei'] ?? ''))).toBe(true);
  // Every digit of a card's number is there, behind a word that keeps spreadsheets from it.
  const found = rowsOf(parts, 'monitoring-results/findings').map(row => row['card'] ?? '');
  expect(found.some(card => /^subject:card\/\d{18,20}$/.test(card))).toBe(true);
  const figures = new Map(
    rowsOf(parts, 'security-posture/figures').map(row => [row['figure'], Number(row['value'])]),
  );
  expect(figures.get('records-received')).toBe(
    ['accepted', 'duplicate', 'quarantined'].reduce(
      (sum, each) => sum + (figures.get(`records-${each}`) ?? 0),
      0,
    ),
  );
  expect(figures.get('records-accepted')).toBeGreaterThanOrEqual(records.length);
  const told = (await actsOf(`party/${scene.east.partyId}`)).find(each => each.act === 'regulator-export');
  expect(told?.detail['manifestSha256']).toBe(done.manifestSha256);
}, 120_000);

test('periods that follow each other hold every record once', async () => {
  const end = now();
  const cut = new Date(Date.now() - 15_000).toISOString();
  const count = async (from: string, to: string): Promise<number> => {
    const answer = await post(scene.east.token, { from, to, sets: ['network-retained'] });
    writeFileSync(file('part.zip'), Buffer.from(await answer.arrayBuffer()));
    return rowsOf(await partsOf(file('part.zip')), 'network-retained/records').length;
  };
  expect((await count(FROM, cut)) + (await count(cut, end))).toBe(await count(FROM, end));
}, 60_000);

test('of a neighbour nothing is in it, and of those below everything', async () => {
  for (const [member, sees] of [
    [scene.west, false],
    [scene.below, false],
    [scene.root, true],
  ] as const) {
    const answer = await post(member.token, { from: FROM, to: now(), format: 'ndjson' });
    expect([member.name, answer.status]).toEqual([member.name, 200]);
    writeFileSync(file('other.zip'), Buffer.from(await answer.arrayBuffer()));
    expect((await checkExport(file('other.zip')))?.faults).toEqual([]);
    const text = Object.entries(await partsOf(file('other.zip')))
      .filter(([name]) => name.includes('/'))
      .map(([, part]) => part)
      .join('\n');
    const leaks = scene.secrets.filter(secret => text.includes(secret));
    expect([member.name, leaks.length > 0]).toEqual([member.name, sees]);
  }
}, 120_000);

test('persons leave in the clear by two persons, with ground, file number and reason, once, each look on record', async () => {
  const to = now();
  const [lead, second] = [await memberWith('supervisor'), await memberWith('supervisor', 'second')];
  const alone = { purpose: 'authority-request', ground: GROUND };
  const refused = await post(lead, { from: FROM, to, unmasked: alone });
  expect([refused.status, await refused.text()]).toEqual([
    403,
    expect.stringContaining('clear-export-needs-two'),
  ]);
  const asked = ['--from', FROM, '--to', to, '--set', 'account-opening', '--purpose', 'authority-request'];
  const grounds = ['--ground', GROUND, '--reference', 'file 2026-17', '--why', 'they search for a caller'];
  const [desk, other] = [deskOf(lead), deskOf(second)];
  expect((await desk.run('regulator', 'clear', 'propose', ...asked, '--ground', GROUND)).code).toBe(2);
  const administrator = await deskOf(scene.east.token).run(
    ...['regulator', 'clear', 'propose', ...asked, ...grounds],
  );
  expect([administrator.code, administrator.err]).toEqual([1, expect.stringContaining('right-missing')]);
  const made = await desk.json<{ id: number; persons: number; waiting: boolean }>(
    ...['regulator', 'clear', 'propose', ...asked, ...grounds],
  );
  expect(made).toMatchObject({ persons: 1, waiting: true, decision: null });
  const id = String(made.id);
  const early = await desk.run('regulator', 'clear', 'take', id, file('early.zip'));
  expect([early.code, early.err]).toEqual([1, expect.stringContaining('clear-export-not-confirmed')]);
  const own = await desk.run('regulator', 'clear', 'confirm', id);
  expect([own.code, own.err]).toEqual([1, expect.stringContaining('clear-export-by-the-same')]);
  expect((await other.run('regulator', 'clear', 'list', '--waiting')).out).toContain(GROUND);
  expect((await other.run('--lang', 'zh', 'regulator', 'clear', 'list')).out).toContain('待确认');
  expect(await other.json('regulator', 'clear', 'confirm', id)).toMatchObject({ decision: 'confirmed' });
  const notTheirs = await other.run('regulator', 'clear', 'take', id, file('other.zip'));
  expect([notTheirs.code, notTheirs.err]).toEqual([1, expect.stringContaining('clear-export-not-yours')]);
  await desk.json('regulator', 'clear', 'take', id, file('clear.zip'));
  const parts = await partsOf(file('clear.zip'));
  const [holder] = rowsOf(parts, 'account-opening/holders');
  expect(holder).toMatchObject({ name: `${MARK} Holder`, documentNumber: `document:${MARK}1` });
  expect(JSON.parse(parts['manifest.json'] as string)).toMatchObject({
    personalData: 'in the clear',
    reference: 'file 2026-17',
    proposedBy: expect.stringMatching(/^person\//),
    confirmedBy: expect.stringMatching(/^person\//),
  });
  const again = await desk.run('regulator', 'clear', 'take', id, file('again.zip'));
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('clear-export-given')]);
  expect((await other.run('regulator', 'clear', 'list')).out).toContain('given out');
  const looks = await scene.east.client.get<{ items: Array<{ use: string; fields: string[] }> }>(
    `/persons/${scene.ids.holder}/looks`,
  );
  expect(looks.items[0]).toMatchObject({
    use: 'authority-request',
    fields: expect.arrayContaining(['name']),
  });
  const acts = await actsOf(`party/${scene.east.partyId}`);
  const clear = acts.filter(each => JSON.stringify(each.detail).includes(GROUND)).map(each => each.act);
  expect(clear.sort()).toEqual(['regulator-export', 'regulator-export-begun', 'regulator-export-refused']);
  const told = await actsOf(`clear-export/${id}`);
  expect(told.map(each => each.act).sort()).toEqual([
    'clear-export-confirm-refused',
    'clear-export-confirmed',
    'clear-export-proposed',
    'clear-export-taken-refused',
    'clear-export-taken-refused',
    'clear-export-taken-refused',
  ]);
  expect(JSON.stringify([acts, told])).not.toMatch(/search for a caller|file 2026-17/);
  const { salt } = await deskOf(lead).json<{ salt: string }>('regulator', 'clear', 'show', id);
  const proposed = told.find(each => each.act === 'clear-export-proposed');
  const text = canonicalJson({ reference: 'file 2026-17', why: 'they search for a caller' });
  expect(opens(Buffer.from(String(proposed?.detail['said']), 'hex'), Buffer.from(salt, 'hex'), text)).toBe(
    true,
  );
}, 120_000);

test('an export in the clear that is refused or taken back is decided, and a key decides nothing', async () => {
  const [desk, other] = [
    deskOf(await memberWith('supervisor')),
    deskOf(await memberWith('supervisor', 'second')),
  ];
  const asked = [
    '--from',
    FROM,
    '--to',
    now(),
    '--set',
    'account-opening',
    '--purpose',
    'report-to-authority',
  ];
  const grounds = ['--ground', 'art. 9', '--reference', 'case 1', '--why', 'reported'];
  for (const [deed, by, decision] of [
    ['refuse', other, 'refused'],
    ['withdraw', desk, 'withdrawn'],
  ] as const) {
    const { id } = await desk.json<{ id: number }>('regulator', 'clear', 'propose', ...asked, ...grounds);
    if (deed === 'withdraw') {
      const said = await other.run('regulator', 'clear', 'withdraw', String(id));
      expect([said.code, said.err]).toEqual([1, expect.stringContaining('clear-export-not-yours')]);
    }
    expect(await by.json('regulator', 'clear', deed, String(id), '--note', 'no')).toMatchObject({ decision });
    for (const more of [['confirm'], ['refuse'], ['take']]) {
      const path = more[0] === 'take' ? [file('none.zip')] : [];
      const said = await other.run('regulator', 'clear', ...more, String(id), ...path);
      expect([said.code, said.err]).toEqual([1, expect.stringMatching(/clear-export-(decided|not-yours)/)]);
    }
  }
  const key = deskOf(await scene.keyOf(scene.east, ['regulator:export', 'identifiers:see']));
  const { id } = await desk.json<{ id: number }>('regulator', 'clear', 'propose', ...asked, ...grounds);
  const said = await key.run('regulator', 'clear', 'confirm', String(id));
  expect([said.code, said.err]).toEqual([1, expect.stringContaining('clear-export-needs-person')]);
}, 120_000);

test('who may not, does not, and what is no export is said to be none', async () => {
  for (const role of ['case-officer', 'analyst', 'auditor']) {
    const token = await memberWith(role);
    const said = await deskOf(token).run(
      'regulator',
      'export',
      file(`${role}.zip`),
      '--from',
      FROM,
      '--to',
      now(),
    );
    expect([role, said.code, said.err]).toEqual([role, 1, expect.stringContaining('right-missing')]);
    expect(() => readFileSync(file(`${role}.zip`))).toThrow();
  }
  const desk = deskOf(scene.east.token);
  const early = await desk.run(
    'regulator',
    'export',
    file('x.zip'),
    '--from',
    FROM,
    '--to',
    '2099-01-01T00:00:00Z',
  );
  expect([early.code, early.err]).toEqual([1, expect.stringContaining('export-period-invalid')]);
  expect((await desk.run('regulator', 'check', file('east.zip'))).out).toContain('9 files');
  const whole = readFileSync(file('east.zip'));
  writeFileSync(file('half.zip'), whole.subarray(0, whole.length - 1));
  expect((await desk.run('regulator', 'check', file('half.zip'))).err).toContain('no whole export');
  const at = whole.indexOf('account-opening/registered') + 60;
  const bent = Buffer.from(whole);
  bent[at] = (bent[at] ?? 0) ^ 1;
  writeFileSync(file('bent.zip'), bent);
  expect((await desk.run('regulator', 'check', file('bent.zip'))).code).toBe(1);
}, 120_000);

/** The token of somebody of that role at East; the same for the same name. */
async function memberWith(role: string, name = role): Promise<string> {
  const known = members.get(name);
  if (known !== undefined) return known;
  const email = `${name}@${MARK.toLowerCase()}.example`;
  const made = await scene.east.client.post<{ oneTimePassword: string }>('/people', {
    ...{ email, role, name, partyId: scene.east.partyId },
  });
  const client = new ApiClient(scene.server.address);
  await client.signIn(email, made.oneTimePassword, 'a long enough pass phrase 6');
  members.set(name, client.token as string);
  return client.token as string;
}
