import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { silentLog } from '../../kernel/log.ts';
import { derivedSecrets } from '../../kernel/seal/derived-secrets.ts';
import { passingSigningKey } from '../../kernel/seal/signing-key.ts';
import { DAY_MS, settableClock } from '../../kernel/time.ts';
import { type Sequencer, startSequencer } from '../ledger/sequencer.ts';
import { stage } from '../ledger/stage.ts';
import { makeParty } from '../observations/testing/make-party.ts';
import { type NoticeWorks, runNoticeRound } from './job.ts';
import { signedHeaders } from './signature.ts';
import { endSubscriber, listNotices, makeSubscriber, renewSubscriberSecret } from './subscribers.ts';
import { postOutside } from './wire/post.ts';

const clock = settableClock(Date.UTC(2026, 10, 25));
const folder = mkdtempSync(join(tmpdir(), 'tw-notices-'));
const secretOf = derivedSecrets('ab'.repeat(32), 'notice');
let db: TestDatabase;
let sequencer: Sequencer;
let works: NoticeWorks;
let receiver: Server;
let url: string;
let answer: { status: number; headers?: Record<string, string> };
let got: Array<{ headers: IncomingHttpHeaders; body: string }> = [];
let top: number;
let below: number;
let aside: number;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', part => {
      body += part;
    });
    request.on('end', () => {
      got.push({ headers: request.headers, body });
      if (answer.status > 0) response.writeHead(answer.status, answer.headers).end('x'.repeat(9_000));
    });
  });
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as { port: number }).port}/in`;
});
beforeEach(async () => {
  db = await testDatabase();
  answer = { status: 204 };
  got = [];
  [top, aside] = [await makeParty(db.database), await makeParty(db.database)];
  below = await makeParty(db.database, top);
  const key = { name: 'ledger.example/log', ...passingSigningKey() };
  const checkpointFile = join(folder, `checkpoint-${top}-${performance.now()}`);
  const parts = { database: db.database, clock, log: silentLog };
  sequencer = await startSequencer({ ...parts, key, checkpointFile, intervalMs: 3_600_000 });
  const settings = { networks: ['127.0.0.0/8'], allowsHttp: true };
  works = { ...parts, notices: { settings, secretOf } };
  await runNoticeRound(works);
});
afterEach(async () => {
  await sequencer.stop();
  await db.close();
});
afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true });
});

const actor = (partyId: number) => ({ label: 'person/p', partyId });
const subscribe = (
  partyId = top,
  topics: readonly ('finding' | 'case' | 'measure')[] = ['finding', 'case'],
) => makeSubscriber(works, actor(partyId), { url, topics });
const told = (subscriberId: number) =>
  listNotices(db.database, top, { subscriberId, before: Number.MAX_SAFE_INTEGER, limit: 50 });

async function happen(partyId: number, ...acts: string[]): Promise<void> {
  await db.database.corridor(async tx => {
    for (const act of acts)
      await stage(tx, { act, object: 'case/1', partyId, actor: 'corridor', atMs: clock.now(), detail: {} });
  });
  await sequencer.flush();
}

describe('a notice', () => {
  test('tells what happened to what, signed, after the commit and in order, of the party and those below', async () => {
    const { subscriberId, secret } = await subscribe();
    await happen(below, 'finding-found', 'case-opened', 'measure-ordered', 'batch-accepted');
    await happen(aside, 'case-opened');
    await runNoticeRound(works);
    await runNoticeRound(works);
    expect(got.map(each => JSON.parse(each.body))).toMatchObject([
      { type: 'finding.found', data: { object: 'case/1', party: below } },
      { type: 'case.opened', data: { object: 'case/1', party: below } },
    ]);
    const { headers, body } = got[0]!;
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    expect(key.length).toBe(32);
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const expected = createHmac('sha256', key).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect((await told(subscriberId)).map(each => each.lastAnswer)).toEqual(['204', '204']);
  });

  test('of what was rolled back does not exist, nor of what was before the subscriber', async () => {
    await happen(top, 'case-opened');
    clock.advance(1);
    await subscribe();
    const undone = db.database.corridor(async tx => {
      const act = { act: 'case-closed', object: 'case/1', partyId: top, actor: 'corridor' };
      await stage(tx, { ...act, atMs: clock.now(), detail: {} });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await sequencer.flush();
    await runNoticeRound(works);
    expect(got).toEqual([]);
  });

  test('is sent again under the same id until it is taken, longer each time, and holds up nobody else', async () => {
    const [{ subscriberId }, other] = [await subscribe(), await subscribe()];
    answer = { status: 500 };
    await happen(top, 'case-opened', 'case-closed');
    await runNoticeRound(works);
    await runNoticeRound(works);
    expect(got.length).toBe(2);
    answer = { status: 200 };
    clock.advance(5_000);
    for (let i = 0; i < 3; i++) await runNoticeRound(works);
    const ids = got
      .map(each => String(each.headers['webhook-id']))
      .filter(id => id.startsWith(`msg_${subscriberId}_`));
    expect(ids.length).toBe(3);
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toBe(ids[1]);
    expect((await told(other.subscriberId)).every(each => each.doneAtMs !== null)).toBe(true);
  });

  test('that is never taken ends the subscriber after days, on record; 410 ends it at once', async () => {
    const { subscriberId } = await subscribe();
    answer = { status: 503 };
    await happen(top, 'case-opened', 'case-closed');
    for (let i = 0; i < 12; i++) {
      await runNoticeRound(works);
      clock.advance(DAY_MS);
    }
    expect(got.length).toBe(10);
    expect((await told(subscriberId)).every(each => each.nextAtMs === null)).toBe(true);
    const gone = await subscribe();
    answer = { status: 410 };
    await happen(top, 'case-opened');
    await runNoticeRound(works);
    await expect(endSubscriber(works, actor(top), gone.subscriberId)).rejects.toMatchObject({
      code: 'subscriber-unknown',
    });
  });

  test('sent by two servers at once, and after a server died in the middle, goes out once each', async () => {
    await subscribe();
    await happen(top, 'case-opened');
    await Promise.all([runNoticeRound(works), runNoticeRound(works), runNoticeRound(works)]);
    await runNoticeRound(works);
    expect(got.length).toBe(1);
  });

  test('follows no redirect, wherever it leads', async () => {
    const { subscriberId } = await subscribe();
    answer = { status: 302, headers: { location: url.replace('/in', '/elsewhere') } };
    await happen(top, 'case-opened');
    await runNoticeRound(works);
    expect(got.length).toBe(1);
    expect((await told(subscriberId))[0]).toMatchObject({ lastAnswer: '302', doneAtMs: null });
  });

  test('carries a signature by the former secret for a day after a renewal', async () => {
    const { subscriberId, secret } = await subscribe();
    const renewed = await renewSubscriberSecret(works, actor(top), subscriberId);
    expect(renewed.secret).not.toBe(secret);
    await happen(top, 'case-opened');
    await runNoticeRound(works);
    clock.advance(DAY_MS + 1);
    await happen(top, 'case-closed');
    await runNoticeRound(works);
    expect(got.map(each => String(each.headers['webhook-signature']).split(' ').length)).toEqual([2, 1]);
  });
});

describe('what a party may give as an address', () => {
  test.each([
    ['http://hooks.example.org/', 'not-https'],
    ['ftp://hooks.example.org/', 'not-https'],
    ['https://user:word@hooks.example.org/', 'holds-a-password'],
    ['https://hooks.example.org/#part', 'holds-a-fragment'],
    ['https://127.0.0.1/', 'not-public'],
    ['https://2130706433/', 'not-public'],
    ['https://0x7f.1/', 'not-public'],
    ['https://[::ffff:169.254.169.254]/', 'not-public'],
    ['nonsense', 'not-an-address'],
  ])('%s is refused: %s', async (address, why) => {
    const strict = { ...works, notices: { secretOf, settings: { networks: [], allowsHttp: false } } };
    const making = makeSubscriber(strict, actor(top), { url: address, topics: ['case'] });
    await expect(making).rejects.toMatchObject({ code: 'subscriber-address-refused', detail: { why } });
  });

  test('a name that stands for an address of this machine is not reached, whatever it was when it was given', async () => {
    const { port } = new URL(url);
    const posted = { url: new URL(`http://localhost:${port}/in`), headers: {}, body: '{}' };
    expect(await postOutside(posted, () => false)).toEqual({ fault: 'address-refused' });
    expect(await postOutside(posted, address => address !== '127.0.0.1' && address !== '::1')).toEqual({
      fault: 'address-refused',
    });
    expect(got).toEqual([]);
    // An operator who closes a network again closes it for subscribers that are there already.
    const { subscriberId } = await subscribe();
    await happen(top, 'case-opened');
    await runNoticeRound({ ...works, notices: { secretOf, settings: { networks: [], allowsHttp: true } } });
    expect(got).toEqual([]);
    expect((await told(subscriberId))[0]).toMatchObject({ lastAnswer: 'not-public' });
  });

  test('another party sees and ends nothing of it', async () => {
    const { subscriberId } = await subscribe();
    await expect(endSubscriber(works, actor(aside), subscriberId)).rejects.toMatchObject({
      code: 'subscriber-unknown',
    });
    expect(await listNotices(db.database, aside, { subscriberId, before: 1e9, limit: 9 })).toEqual([]);
  });
});

test('headers are those of the Standard Webhooks reference', () => {
  // The example of the reference libraries (github.com/standard-webhooks/standard-webhooks).
  const secret = Buffer.from('plJ3nmyCDGBKInavdOK15jsl', 'base64');
  const body = '{"event_type":"ping","data":{"success":true}}';
  const notice = { id: 'msg_loFOjxBNrRLzqYUf', atMs: 1_731_705_121_000, body };
  expect(signedHeaders([secret], notice)['webhook-signature']).toBe(
    'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  );
});
