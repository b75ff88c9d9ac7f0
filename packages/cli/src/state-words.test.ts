import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from './program.ts';
import { type StandIn, standInServer } from './stand-in-server.ts';

let server: StandIn;
let home: string;
beforeAll(async () => {
  server = await standInServer({});
  home = await mkdtemp(join(tmpdir(), 'thingward-cli-'));
});
afterAll(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

async function printed(argv: readonly string[], lang: string): Promise<string> {
  let out = '';
  await run([...argv, '--lang', lang], {
    env: { THINGWARD_URL: server.url, THINGWARD_TOKEN: 'tok-1' },
    stdin: Readable.from([]),
    out: text => {
      out += text;
    },
    err: text => {
      out += text;
    },
    isErrTerminal: false,
    home,
    now: () => 1_790_000_000_000,
  });
  return out;
}

test.each([
  ['appeals list', '/appeals', { id: 1, state: 'upheld' }, '申诉成立'],
  ['notices list', '/remedy-notices', { id: 1, channel: 'sms' }, '送出时间'],
  ['re-verify list', '/re-verifications', { id: 1, state: 'passed-late' }, '逾期通过'],
  ['reports list', '/authority-reports', { id: 1, state: 'acknowledged' }, '已受理'],
  ['informants list', '/informant-reports', { id: 1, state: 'answered', outcome: 'passed-on' }, '已转办'],
  ['credit list', '/credit-entries', { id: 1, state: 'repaired', appealState: 'rejected' }, '申诉不成立'],
  ['persons list', '/persons', { handle: 'p1', state: 'shredded' }, '已彻底销毁'],
  ['contracts list', '/contracts', { id: 1, state: 'signed' }, '已签署'],
  ['openings list', '/openings', { id: 1, state: 'asked', from: '2026-01-02' }, '待审批'],
  ['cards list', '/cards', { card: '8944500000000000001', state: 'suspended' }, '已停机'],
  ['cards moves', '/card-moves', { from: 'stock', to: 'allocated', outcome: 'refused' }, '已分配'],
] as const)(
  '`%s` says how things stand, and what its columns are, in the language asked for',
  async (command, path, item, said) => {
    server.replies.clear();
    server.replies.set(`GET /api/v1${path}`, { items: [item] });
    const chinese = await printed(command.split(' '), 'zh');
    expect(chinese).toContain(said);
    const [head = ''] = chinese.split('\n');
    expect(head.replaceAll(/ICCID|IMEI/g, '')).not.toMatch(/[A-Za-z]/);
    const english = await printed(command.split(' '), 'en');
    expect(english.split('\n')[0]).not.toMatch(/\p{Script=Han}|\b[a-z]+[A-Z]/u);
  },
);

test('a word that this client does not know is shown as it came', async () => {
  server.replies.set('GET /api/v1/contracts', { items: [{ id: 1, state: 'mothballed' }] });
  expect(await printed(['contracts', 'list'], 'zh')).toContain('mothballed');
});

test('C-07 whoever reads when accounts were compared reads which cards were', async () => {
  const items = [
    { id: 1, cards: 3, looksBackDays: 364 },
    { id: 2, cards: 4, looksBackDays: null },
  ];
  server.replies.set('GET /api/v1/provider-comparisons', { items });
  expect(await printed(['providers', 'compared'], 'en')).toMatch(/changed within 364 days[\s\S]*all/);
  expect(await printed(['providers', 'compared'], 'zh')).toContain('364 天内有变更的卡');
});

test('C-43 cases of a batch are closed page by page, and those left open are told with why', async () => {
  const path = 'POST /api/v1/measure-batches/7/close-cases';
  let pages = 0;
  server.replies.set(path, () => {
    pages += 1;
    const left = [{ caseId: 40 + pages, why: 'clock-running' }];
    return { status: 200, body: { closed: [pages], left, next: pages < 3 ? `mark-${pages}` : null } };
  });
  server.seen.length = 0;
  const zh = await printed(['measures', 'batch', 'close', '7', '--reason', 'handed on'], 'zh');
  expect(zh).toContain('已关闭 3 个案件。');
  for (const text of ['41', '42', '43', '仍有应办事项未办']) expect(zh).toContain(text);
  expect(server.seen.map(each => JSON.parse(each.body) as unknown)).toEqual([
    { reason: 'handed on' },
    { reason: 'handed on', after: 'mark-1' },
    { reason: 'handed on', after: 'mark-2' },
  ]);
});

test('C-53 a watch is ended by its number, and what an operator says of a card is told for device and area', async () => {
  server.replies.set('DELETE /api/v1/camara-watches/w1', {});
  expect(await printed(['camara', 'unwatch', 'w1'], 'en')).toContain('w1');
  const path = 'GET /api/v1/camara-holds';
  const area = { held: true, area: { latitude: 52.5, longitude: 13.4, radius: 900 } };
  server.replies.set(path, { device: { held: true, imei: '35-209900-176148-1' }, area });
  const held = await printed(['camara', 'ask', '2', '8944500000000000001'], 'en');
  expect(held).toMatch(/yes \(35-209900-176148-1\)[\s\S]*yes \(52\.5, 13\.4, 900 m\)/);
  server.replies.set(path, { device: { held: false }, area: { refused: 'NOT_FOUND' } });
  const none = await printed(['camara', 'ask', '2', '8944500000000000001'], 'en');
  expect(none).toMatch(/no\n[\s\S]*NOT_FOUND/);
  expect(await printed(['camara', 'unwatch', 'w9'], 'en')).toContain('no-such-route');
});
