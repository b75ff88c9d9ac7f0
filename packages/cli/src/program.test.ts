import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from './program.ts';
import { type StandIn, standInServer } from './stand-in-server.ts';

let server: StandIn;
let home: string;

const refused = (status: number, body: unknown) => () => ({ status, body });

beforeAll(async () => {
  server = await standInServer({});
  home = await mkdtemp(join(tmpdir(), 'thingward-cli-'));
});
afterAll(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});
beforeEach(() => {
  server.replies.clear();
  server.seen.length = 0;
});

async function thingward(
  argv: readonly string[],
  given: { env?: Record<string, string>; stdin?: string } = {},
) {
  let out = '';
  let err = '';
  const signedIn = { THINGWARD_URL: server.url, THINGWARD_TOKEN: 'tok-1' };
  const code = await run(argv, {
    env: given.env ?? signedIn,
    stdin: Readable.from(given.stdin === undefined ? [] : [given.stdin]),
    out: text => {
      out += text;
    },
    err: text => {
      err += text;
    },
    isErrTerminal: false,
    home,
    now: () => 1_790_000_000_000,
  });
  return { code, out, err };
}

describe('help', () => {
  const commands = [
    'login',
    'logout',
    'status',
    'import',
    'feed',
    'usage',
    'providers',
    'providers add',
    ...['list', 'set'].map(each => `policies ${each}`),
    'evidence',
    'verify',
    'rejudge',
    ...['list', 'add'].map(each => `sources ${each}`),
    ...['list', 'show', 'mend', 'replay', 'discard'].map(each => `quarantine ${each}`),
    ...['list', 'show'].map(each => `findings ${each}`),
    ...['list', 'show', 'note', 'assign', 'close'].map(each => `cases ${each}`),
    ...['list', 'show', 'order', 'lift'].map(each => `measures ${each}`),
    'gateway endings',
    'gateway withheld',
    ...['list', 'grant', 'revoke'].map(each => `gateway rights ${each}`),
    ...['list', 'check', 'explain', 'arm', 'backtest', 'backtests'].map(each => `rules ${each}`),
  ];
  test.each(commands)('"%s" has help in both languages, and takes --json', async command => {
    const english = await thingward([...command.split(' '), '--help'], { env: {} });
    const chinese = await thingward([...command.split(' '), '--help'], { env: { LANG: 'zh_CN.UTF-8' } });
    expect(english).toMatchObject({ code: 0, err: '' });
    expect(english.out).toContain(`Usage: thingward ${command}`);
    expect(english.out).toContain('--json');
    expect(english.out).not.toMatch(/\p{Script=Han}/u);
    expect(chinese.out).toContain('用法');
    expect(chinese.out).not.toMatch(/Usage|Options|Arguments/);
  });
});

describe('what is not understood ends with 2', () => {
  test.each([
    [['nonsense'], 'There is no command nonsense.'],
    [['cases', 'show'], 'The argument case is missing.'],
    [['status', '--frob'], 'There is no option --frob.'],
    [['measures', 'order', '3', 'suspend-card', '--terms', '[1]'], '--terms needs a JSON object.'],
    [['findings', 'list', '--limit', '0'], '--limit needs a whole number from 1.'],
  ])('%j', async (argv, sentence) => {
    const { code, err, out } = await thingward(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(sentence);
  });
});

test('a problem is told by its title, its places and what to do, with exit code 1', async () => {
  server.replies.set(
    'GET /api/v1/cases/9',
    refused(404, {
      title: 'There is no case 9.',
      code: 'case-unknown',
      mend: 'List the cases.',
      facts: { case: 9, found: 'nothing' },
      faults: [{ at: 'params/id', message: 'too big' }],
    }),
  );
  const { code, err } = await thingward(['cases', 'show', '9']);
  expect(code).toBe(1);
  expect(err).toBe(
    'There is no case 9. (case-unknown)\n  params/id too big\n  found: nothing\nList the cases.\n',
  );
});

test('a server that is not there is told in a sentence', async () => {
  const { code, err } = await thingward(['status', '--lang', 'zh'], {
    env: { THINGWARD_URL: 'http://127.0.0.1:9', THINGWARD_TOKEN: 'x' },
  });
  expect(code).toBe(1);
  expect(err).toContain('没有应答');
});

test('signing in with a one-time password chooses a new one, and the key is kept for this user alone', async () => {
  server.replies.set('POST /api/v1/login', (seen: { body: string }) => {
    const { password, newPassword } = JSON.parse(seen.body) as { password: string; newPassword?: string };
    if (password !== 'once') return { status: 401, body: { title: 'No.', code: 'sign-in-refused' } };
    if (newPassword === undefined)
      return { status: 403, body: { title: 'Choose.', code: 'new-password-needed' } };
    return { status: 200, body: { token: `tok-${newPassword}` } };
  });
  server.replies.set('GET /api/v1/me', { label: 'person/1' });
  const env = { XDG_CONFIG_HOME: join(home, 'one') };
  const entered = await thingward(['login', server.url, '--email', 'a@b.example'], {
    env,
    stdin: 'once\nlong enough 1\nlong enough 1\n',
  });
  expect(entered).toMatchObject({ code: 0 });
  const path = join(home, 'one', 'thingward', 'credentials.json');
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
    url: server.url,
    token: 'tok-long enough 1',
  });
  expect((await stat(path)).mode & 0o777).toBe(0o600);

  server.replies.set('GET /api/v1/providers', { items: [] });
  await thingward(['providers'], { env });
  expect(server.seen.at(-1)?.headers.authorization).toBe('Bearer tok-long enough 1');

  const elsewhere = await thingward(['providers'], {
    env: { ...env, THINGWARD_URL: 'http://other.example' },
  });
  expect(elsewhere.err).toContain('You are not signed in');

  server.replies.set('POST /api/v1/logout', {});
  expect(await thingward(['logout'], { env })).toMatchObject({ code: 0 });
  await expect(stat(path)).rejects.toThrow();
});

test('signing in with a second factor asks for the code and sends all together', async () => {
  server.replies.set('POST /api/v1/login', (seen: { body: string }) => {
    const { code } = JSON.parse(seen.body) as { code?: string };
    if (code === undefined) return { status: 403, body: { title: 'Code.', code: 'second-factor-needed' } };
    if (code !== '123456') return { status: 401, body: { title: 'No.', code: 'second-factor-refused' } };
    return { status: 200, body: { token: 'tok-two' } };
  });
  server.replies.set('GET /api/v1/me', { label: 'person/1' });
  const env = { XDG_CONFIG_HOME: join(home, 'two-factors') };
  const login = (stdin: string, ...more: string[]) =>
    thingward(['login', server.url, '--email', 'a@b.example', ...more], { env, stdin });
  expect(await login('secret\n123456\n')).toMatchObject({ code: 0 });
  expect(await login('secret\n', '--code', '123456')).toMatchObject({ code: 0 });
  const wrong = await login('secret\n654321\n');
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('second-factor-refused')]);
});

test('two different new passwords are refused before anything is sent', async () => {
  server.replies.set('POST /api/v1/login', refused(403, { title: 'Choose.', code: 'new-password-needed' }));
  const argv = ['login', server.url, '--email', 'a@b.example'];
  const { code, err } = await thingward(argv, { env: {}, stdin: 'once\none\nother\n' });
  expect([code, server.seen.length]).toEqual([2, 1]);
  expect(err).toContain('The two passwords differ.');
});

test('a fed file arrives byte by byte and the balance is printed', async () => {
  server.replies.set('GET /api/v1/sources', {
    items: [{ id: 7, name: 'radius', format: 'freeradius-detail' }],
    next: null,
  });
  server.replies.set('POST /api/v1/sources/7/batches', {
    id: 12,
    state: 'complete',
    received: 10,
    accepted: 7,
    duplicate: 2,
    quarantined: 1,
  });
  const file = join(home, 'detail');
  const content = 'Acct-Status-Type = Start\n'.repeat(200_000);
  await writeFile(file, content);
  const { code, out } = await thingward(['feed', 'radius', file]);
  expect(code).toBe(0);
  expect(out).toContain('received 10 = accepted 7 + duplicate 2 + quarantined 1');
  const sent = server.seen.at(-1);
  expect(sent?.query.get('name')).toBe('detail');
  expect(sent?.body === content).toBe(true);
});

test('a balance that does not hold is a failure', async () => {
  server.replies.set('GET /api/v1/sources', { items: [{ id: 7, name: 'radius' }] });
  server.replies.set('POST /api/v1/sources/7/batches', {
    id: 12,
    received: 10,
    accepted: 7,
    duplicate: 0,
    quarantined: 1,
  });
  const { code, out } = await thingward(['feed', '7', '-'], { stdin: 'x' });
  expect(code).toBe(1);
  expect(out).toContain('DOES NOT BALANCE');
});

test('lists follow the pages, keep identifiers as text, and never obey a control character', async () => {
  server.replies.set('GET /api/v1/findings', (seen: { query: URLSearchParams }) => {
    const isFirst = seen.query.get('after') === null;
    const reference = isFirst ? '8944500000000000001' : '89860\u001b[2J';
    return {
      status: 200,
      body: {
        items: [{ id: 'ab', subject: { kind: 'card', reference }, standing: 'found' }],
        next: isFirst ? 'n1' : null,
      },
    };
  });
  const { code, out } = await thingward(['findings', 'list']);
  expect(code).toBe(0);
  expect(out).toContain('8944500000000000001');
  expect(out).toContain('89860\\u{1b}[2J');
  expect(out).not.toContain('\u001b');
});

test('--json prints the answer as it came, and problems as documents', async () => {
  server.replies.set('GET /api/v1/cases/3', { id: 3, extra: { kept: true } });
  expect(JSON.parse((await thingward(['cases', 'show', '3', '--json'])).out)).toEqual({
    id: 3,
    extra: { kept: true },
  });
  server.replies.set('GET /api/v1/cases/3', refused(403, { title: 'No.', code: 'right-missing' }));
  expect(JSON.parse((await thingward(['cases', 'show', '3', '--json'])).err)).toMatchObject({
    status: 403,
    code: 'right-missing',
  });
});

test('use is shown of the card that an ICCID or a claim names, and what was not stated says so', async () => {
  server.replies.set('GET /api/v1/subjects', (seen: { query: URLSearchParams }) => ({
    status: 200,
    body: { items: seen.query.get('claim') === 'imsi:262011234567890' ? [{ id: 12 }] : [] },
  }));
  server.replies.set('GET /api/v1/subjects/12/usage', {
    subject: { id: 12, kind: 'card', reference: '8944500000000000001' },
    usage: [
      {
        kind: 'card-usage',
        counters: ['bytesUp', 'bytesDown'],
        records: 2,
        figures: { bytesUp: 4_294_967_306 },
        marks: { first: 1, wrap: 1 },
        days: [{ day: '2026-11-20', records: 2, figures: { bytesUp: 4_294_967_306 } }],
        series: [{ series: 'radius/n/1', records: 2, figures: { bytesUp: 4_294_967_306 } }],
      },
    ],
  });
  const { code, out } = await thingward(['usage', '262011234567890', '--series']);
  expect(code).toBe(0);
  expect(out).toMatch(/Bytes sent +4294967306/);
  expect(out).toMatch(/Bytes received +not stated/);
  expect(out).toMatch(/2026-11-20 +2 +4294967306 +not stated/);
  expect(out).toContain('radius/n/1');
  expect(out).toContain('wrapped at 32 bits: 1');
  const unknown = await thingward(['usage', '8944500000000000009']);
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('8944500000000000009')]);
});

test('a case is shown with its clocks, measures and time line', async () => {
  server.replies.set('GET /api/v1/cases/3', {
    id: 3,
    ruleId: 'card-in-another-device',
    title: { en: 'Card in another device', zh: '卡被装入其他设备' },
    subject: { kind: 'card', reference: '8944500000000000001' },
    state: 'open',
    clocks: [{ clockId: 'provider-24h', state: 'running', dueAt: 1_790_003_600_000, zone: 'Asia/Shanghai' }],
    measures: [{ id: 4, caseId: 3, kind: 'suspend-card', state: 'verified' }],
    acts: [
      { at: 1_790_000_000_000, kind: 'note', actor: 'person/1', detail: { text: 'called' } },
      {
        at: 1_790_000_000_000,
        kind: 'clock-armed',
        about: { en: 'Holder notified', zh: '通知用户' },
        detail: { clock: 'card-task-notify' },
      },
    ],
  });
  const english = await thingward(['cases', 'show', '3']);
  expect(english.out).toMatch(/provider-24h +running .* 1h 0m +Asia\/Shanghai/);
  expect(english.out).toMatch(/suspend-card .*verified/);
  expect(english.out).toContain('called');
  expect(english.out).toContain('Clock armed · Holder notified');
  const chinese = (await thingward(['cases', 'show', '3', '--lang', 'zh'])).out;
  for (const text of ['卡被装入其他设备', '时钟启动 · 通知用户']) expect(chinese).toContain(text);
});

test.each([
  [
    ['measures', 'order', '3', 'suspend-card', '--terms', '{"reason":"r"}'],
    'POST /api/v1/cases/3/measures',
    { kind: 'suspend-card', terms: { reason: 'r' } },
  ],
  [['measures', 'lift', '4', '--reason', 'mended'], 'POST /api/v1/measures/4/lift', { reason: 'mended' }],
  [['cases', 'note', '3', 'called'], 'POST /api/v1/cases/3/notes', { text: 'called' }],
  [['cases', 'assign', '3', 'u1'], 'POST /api/v1/cases/3/assign', { ownerId: 'u1' }],
  [['cases', 'close', '3', '--reason', 'done'], 'POST /api/v1/cases/3/close', { reason: 'done' }],
  [['quarantine', 'mend', '5', '--text', 'good'], 'POST /api/v1/quarantine/5/replay', { mended: 'good' }],
  [['quarantine', 'replay', '5'], 'POST /api/v1/quarantine/5/replay', {}],
  [
    ['quarantine', 'discard', '5', '--reason', 'noise'],
    'POST /api/v1/quarantine/5/discard',
    { reason: 'noise' },
  ],
  [
    ['rules', 'backtest', 'data-cap', '--from', '2026-11-01', '--to', '2026-11-02T00:00:00Z', '--no-wait'],
    'POST /api/v1/rules/data-cap/back-tests',
    { fromMs: 1793491200000, toMs: 1793577600000 },
  ],
  [
    ['certificates', 'revoke', '9', '--reason', 'superseded', '--why', 'replaced'],
    'POST /api/v1/certificates/9/revoke',
    { reason: 'superseded', why: 'replaced' },
  ],
  [
    ['certificates', 'hold', '9', '--why', 'cloned?', '--basis', 'clause 7'],
    'POST /api/v1/certificates/9/hold',
    { why: 'cloned?', basis: 'clause 7' },
  ],
  [
    ['certificates', 'release', '9', '--why', 'found'],
    'POST /api/v1/certificates/9/release',
    { why: 'found' },
  ],
  [['devices', 'add', 'meter-3', 'A1'], 'POST /api/v1/devices', { product: 'meter-3', serial: 'A1' }],
  [
    ['authorities', 'request', 'issuing', '--organization', 'Example', '--shards', '4'],
    'POST /api/v1/device-authorities',
    { name: 'issuing', organization: 'Example', shards: 4 },
  ],
  [['authorities', 'retire', '3'], 'POST /api/v1/device-authorities/3/retire', {}],
  [['rules', 'arm', 'data-cap'], 'POST /api/v1/rules/data-cap/arm', {}],
  [
    ['sources', 'add', 's', '--format', 'tap3', '--zone', 'UTC'],
    'POST /api/v1/sources',
    { name: 's', format: 'tap3', profile: { zone: 'UTC' } },
  ],
])('%j sends what the route takes', async (argv, route, body) => {
  server.replies.set(route, { id: 4 });
  expect(await thingward(argv)).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(server.seen.at(-1)?.body ?? '')).toEqual(body);
});

test('what a person types never leaves its segment of the path', async () => {
  await thingward(['cases', 'show', '../people']);
  expect(server.seen.at(-1)?.path).toBe('/api/v1/cases/..%2Fpeople');
});

test('evidence becomes a folder whose digests hold, and a changed file is found', async () => {
  const proof = {
    index: 5,
    entry: Buffer.from('{"act":"x"}').toString('base64'),
    proof: 'c2sp.org/tlog-proof@v1\nindex 5\n\nnote',
  };
  server.replies.set('GET /api/v1/cases/3/evidence', {
    case: { id: 3 },
    findings: [{ id: 'ab' }],
    rules: [
      { id: 'r', version: 'aa', text: 'id: r\n' },
      { id: 'r', version: '../../x', text: 'id: r\n' },
    ],
    observations: [{ a: 1 }, { a: 2 }],
    proofs: [proof],
    checkpoint: 'o\n1\nx\n',
    ledgerKey: 'o+1+x',
  });
  const folder = join(home, 'evidence');
  expect(await thingward(['evidence', '3', '--out', folder])).toMatchObject({ code: 0, err: '' });
  expect((await readdir(folder)).sort()).toEqual([
    'README.md',
    'SHA256SUMS',
    'case.json',
    'checkpoint',
    'findings.json',
    'ledger.vkey',
    'observations.ndjson',
    'proofs',
    'restrictions.json',
    'rule-1.yaml',
    'rule.yaml',
    'salts.json',
  ]);
  expect(await readFile(join(folder, 'observations.ndjson'), 'utf8')).toBe('{"a":1}\n{"a":2}\n');
  expect(await readFile(join(folder, 'proofs', '000000005.entry'), 'utf8')).toBe('{"act":"x"}');
  expect(await readFile(join(folder, 'README.md'), 'utf8')).toMatch(
    /# Evidence of case 3[\s\S]*# 案件 3 的证据/,
  );
  expect((await thingward(['evidence', '3', '--out', folder])).err).toContain('is not empty');
});
