/** RADIUS through the whole server: accounting in, a session ended, a card refused and let in again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiProblem, until } from '../api-client.ts';
import { DEVICES, iccidOf, imsiOf, openRadiusScene, type RadiusScene } from './scene.ts';

let scene: RadiusScene;
beforeAll(async () => {
  scene = await openRadiusScene(40);
}, 120_000);
afterAll(() => scene?.close());

interface Session {
  readonly series: string;
  readonly closedBy: string | null;
  readonly isBeginDerived: boolean;
  readonly wasReopened: boolean;
  readonly bytesUp: number | null;
  readonly bytesDown: number | null;
  readonly begunAt: string;
  readonly answer: string | null;
}

async function sessionsOf(n: number): Promise<readonly Session[]> {
  const claim = `imsi:${imsiOf(n)}`;
  return (await scene.client.get<{ items: Session[] }>(`/radius/sessions?open=false&claim=${claim}`)).items;
}

async function authorized(n: number): Promise<number> {
  const body = {
    '3GPP-IMSI': { type: 'string', value: [imsiOf(n)] },
    'User-Name': { type: 'string', value: ['x'] },
  };
  try {
    await scene.client.post('/radius/authorize', body);
    return 204;
  } catch (problem) {
    if (problem instanceof ApiProblem) return problem.status;
    throw problem;
  }
}

async function stateOfMeasure(n: number): Promise<{ id: number; state: string } | undefined> {
  const { items } = await scene.client.get<{
    items: { id: number; state: string; subject: { reference: string } }[];
  }>('/measures?limit=100');
  return items.find(measure => measure.subject.reference === iccidOf(n).slice(0, 19));
}

async function batches(): Promise<{ accepted: number; duplicate: number }> {
  const { items } = await scene.client.get<{ items: { accepted: number; duplicate: number }[] }>('/batches');
  return items.reduce(
    (sum, each) => ({ accepted: sum.accepted + each.accepted, duplicate: sum.duplicate + each.duplicate }),
    { accepted: 0, duplicate: 0 },
  );
}

const counts = async () =>
  (await scene.client.get<{ live: { radius: Record<string, number> } }>('/status')).live.radius;

test('illegal use ends the session, the card is refused at its next try, and lifting lets it in', async () => {
  const { nas } = scene;
  const nowMs = Date.now();
  expect(await authorized(0)).toBe(204);
  const told = { session: 's0', imsi: imsiOf(0) };
  expect(await nas.account({ ...told, status: 'Start', imeisv: DEVICES[0], atMs: nowMs - 60_000 })).toBe(
    true,
  );
  // How soon is for `npm run bench -- latency` to say: a machine with other work makes any bound here one of chance.
  const ended = new Promise<void>(resolve => {
    nas.onDisconnect = () => resolve();
  });
  const record = {
    status: 'Interim-Update',
    imeisv: DEVICES[1],
    up: 10,
    down: 20,
    seconds: 60,
    atMs: nowMs,
  } as const;
  expect(await nas.account({ ...told, ...record })).toBe(true);
  await ended;
  expect(nas.disconnects[0]?.session).toBe('s0');
  expect(await authorized(0)).toBe(403);
  await nas.account({ ...told, status: 'Stop', up: 11, down: 22, seconds: 61, atMs: Date.now() + 1_000 });
  // An attempt that is turned away after the block took effect is what verifies it (C-40).
  await until('the measure verified', async () => {
    await authorized(0);
    return (await stateOfMeasure(0))?.state === 'verified';
  });
  expect((await sessionsOf(0))[0]).toMatchObject({ closedBy: 'stop', bytesUp: 11, answer: 'ack' });
  const measure = (await stateOfMeasure(0))!;
  await scene.client.post(`/measures/${measure.id}/lift`, { reason: 'verified again' });
  await until('the card let in', async () => (await authorized(0)) === 204);
  await until('the measure lifted', async () => (await stateOfMeasure(0))?.state === 'lifted');
}, 60_000);

test('a card nobody registered is refused, or let in where the network says so', async () => {
  const body = { '3GPP-IMSI': '262019999999999' };
  await expect(scene.client.post('/radius/authorize', body)).rejects.toMatchObject({ status: 403 });
  await expect(scene.client.post('/radius/authorize?unknown=accept', body)).resolves.not.toThrow();
});

test('a retransmission is answered again and adds nothing, with the same bytes or with another delay', async () => {
  const before = await batches();
  const told = { status: 'Start', session: 's1', imsi: imsiOf(1), imeisv: DEVICES[0] } as const;
  const bytes = scene.nas.request(told);
  expect(await scene.nas.sendRequest(bytes)).toBe(true);
  expect(await scene.nas.sendRequest(bytes)).toBe(true);
  expect(await scene.nas.account({ ...told, delay: 7 })).toBe(true);
  const after = await batches();
  expect(after.accepted - before.accepted).toBe(1);
  expect(after.duplicate - before.duplicate).toBe(1);
});

test('what is not made with the secret, is no packet, or is of another kind is dropped and counted', async () => {
  const before = await counts();
  const told = { status: 'Start', session: 's2', imsi: imsiOf(2) } as const;
  expect(await scene.nas.sendRequest(scene.nas.request(told, Buffer.from('another secret, long')), 300)).toBe(
    false,
  );
  const good = scene.nas.request(told);
  expect(await scene.nas.sendRequest(good.subarray(0, 30), 300)).toBe(false);
  const forged = Buffer.from(scene.nas.request(told, undefined, true));
  forged[25] = (forged[25] as number) ^ 1;
  expect(await scene.nas.sendRequest(forged, 300)).toBe(false);
  const after = await counts();
  expect(after['badAuthenticator']! - before['badAuthenticator']!).toBe(2);
  expect(after['malformed']! - before['malformed']!).toBe(1);
  expect(await scene.nas.sendRequest(scene.nas.request(told, undefined, true))).toBe(true);
});

test('CR-16: a session whose Start was lost is opened by its first Interim, its begin worked out and marked', async () => {
  const atMs = Math.floor(Date.now() / 1_000) * 1_000;
  await scene.nas.account({
    status: 'Interim-Update',
    session: 's3',
    imsi: imsiOf(3),
    up: 1,
    down: 2,
    seconds: 600,
    atMs,
  });
  const [session] = await sessionsOf(3);
  expect(session).toMatchObject({ isBeginDerived: true, closedBy: null });
  expect(Date.parse(session!.begunAt)).toBe(atMs - 600_000);
});

test('CR-15: an Interim newer than the Stop opens the session again, an older one does not; totals stay right', async () => {
  const atMs = Date.now() - 100_000;
  const told = { session: 's4', imsi: imsiOf(4) };
  await scene.nas.account({ ...told, status: 'Start', atMs });
  await scene.nas.account({ ...told, status: 'Stop', up: 100, down: 200, seconds: 20, atMs: atMs + 20_000 });
  await scene.nas.account({
    ...told,
    status: 'Interim-Update',
    up: 50,
    down: 60,
    seconds: 10,
    atMs: atMs + 10_000,
  });
  expect((await sessionsOf(4))[0]).toMatchObject({ closedBy: 'stop', bytesUp: 100 });
  await scene.nas.account({
    ...told,
    status: 'Interim-Update',
    up: 150,
    down: 260,
    seconds: 30,
    atMs: atMs + 30_000,
  });
  expect((await sessionsOf(4))[0]).toMatchObject({
    closedBy: null,
    wasReopened: true,
    bytesUp: 150,
    bytesDown: 260,
  });
});

test('CR-13: a Stop without octets keeps what was last stated', async () => {
  const atMs = Date.now() - 100_000;
  const told = { session: 's5', imsi: imsiOf(5) };
  await scene.nas.account({
    ...told,
    status: 'Interim-Update',
    up: 5_000_000_000,
    down: 7,
    seconds: 10,
    atMs,
  });
  await scene.nas.account({ ...told, status: 'Stop', seconds: 20, atMs: atMs + 10_000 });
  expect((await sessionsOf(5))[0]).toMatchObject({ closedBy: 'stop', bytesUp: 5_000_000_000, bytesDown: 7 });
});

test('CR-17: a session of which nothing is heard for its server’s time-out is over, marked so, with its totals; another is not', async () => {
  const hours = (n: number): number => Date.now() - n * 3_600_000;
  const told = { status: 'Interim-Update', up: 7, down: 8, seconds: 60 } as const;
  await scene.nas.account({ ...told, session: 's31', imsi: imsiOf(31), atMs: hours(7) });
  await scene.nas.account({ ...told, session: 's32', imsi: imsiOf(32), atMs: hours(5) });
  const closed = await until(
    'the silent session is over',
    async () => (await sessionsOf(31)).find(each => each.closedBy !== null) ?? null,
    75_000,
  );
  expect(closed).toMatchObject({ closedBy: 'silence', bytesUp: 7, bytesDown: 8 });
  expect((await sessionsOf(32))[0]).toMatchObject({ closedBy: null });
  await scene.nas.account({ ...told, session: 's31', imsi: imsiOf(31), atMs: Date.now() });
  expect((await sessionsOf(31))[0]).toMatchObject({ closedBy: null, wasReopened: true });
}, 90_000);

test('Accounting-On closes the sessions of its server from before, and of no other', async () => {
  const atMs = Date.now() - 100_000;
  await scene.nas.account({ status: 'Start', session: 's6', imsi: imsiOf(6), atMs });
  await scene.nas.account({ status: 'Start', session: 's7', imsi: imsiOf(7), nas: 'ggsn-2', atMs });
  await scene.nas.account({ status: 'Accounting-On', atMs: atMs + 5_000 });
  expect((await sessionsOf(6))[0]?.closedBy).toBe('server');
  expect((await sessionsOf(7))[0]?.closedBy).toBe(null);
});

test('a packet that cannot be read lies in quarantine as text, and is answered', async () => {
  expect(await scene.nas.account({ status: 'Interim-Update', session: 's8', up: 1, down: 1 })).toBe(true);
  const { items } = await scene.client.get<{ items: { reason: string }[] }>('/quarantine');
  expect(items.some(item => item.reason === 'subject-missing')).toBe(true);
});

test('a server that does not answer is asked again, and one that knows no such session ends it', async () => {
  const { nas } = scene;
  const atMs = Date.now();
  nas.manner = 'silent';
  const told = { session: 's9', imsi: imsiOf(9) };
  await nas.account({ ...told, status: 'Start', imeisv: DEVICES[0], atMs: atMs - 60_000 });
  await nas.account({
    ...told,
    status: 'Interim-Update',
    imeisv: DEVICES[1],
    up: 1,
    down: 1,
    seconds: 60,
    atMs,
  });
  const asked = () => nas.disconnects.filter(each => each.session === 's9');
  await until('asked twice', async () => asked().length >= 2);
  expect(asked()[1]?.packet.bytes.equals(asked()[0]!.packet.bytes)).toBe(true);
  expect((await stateOfMeasure(9))?.state).toBe('accepted');
  nas.manner = { nak: 503 };
  await until('effective', async () =>
    ['effective', 'verified'].includes((await stateOfMeasure(9))?.state ?? ''),
  );
  expect((await sessionsOf(9))[0]).toMatchObject({ closedBy: 'unknown-to-server' });
  nas.manner = 'ack';
}, 60_000);

test('a server killed while records come loses nothing that was answered', async () => {
  const before = await batches();
  const answered = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      scene.nas.account({ status: 'Start', session: `k${n}`, imsi: imsiOf(20), atMs: Date.now() }),
    ),
  );
  await scene.restart('kill');
  expect((await batches()).accepted - before.accepted).toBeGreaterThanOrEqual(
    answered.filter(Boolean).length,
  );
  expect(answered.filter(Boolean).length).toBe(20);
  expect(await authorized(9)).toBe(403);
  expect(
    await scene.nas.account({ status: 'Start', session: 'after', imsi: imsiOf(21), atMs: Date.now() }),
  ).toBe(true);
}, 60_000);

test('lists of sessions and servers come page by page, each item once', async () => {
  type Page = { items: { series: string }[]; next: string | null };
  const whole = await scene.client.get<Page>('/radius/sessions?open=false&limit=500');
  const seen: string[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const after: string = next === '' ? '' : `&after=${encodeURIComponent(next)}`;
    const page: Page = await scene.client.get(`/radius/sessions?open=false&limit=2${after}`);
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items.map(each => each.series));
    next = page.next;
  }
  expect(seen.length).toBeGreaterThan(4);
  expect(seen).toEqual(whole.items.map(each => each.series));
  const clients = await scene.client.get<{ items: { id: number }[]; next: number | null }>(
    '/radius/clients?limit=1',
  );
  expect([clients.items.length, clients.next]).toEqual([1, null]);
  expect((await scene.client.get<Page>(`/radius/clients?after=${clients.items[0]!.id}`)).items).toEqual([]);
  await expect(scene.client.get('/radius/sessions?after=x')).rejects.toMatchObject({ status: 400 });
});
