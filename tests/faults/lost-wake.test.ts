/**
 * A commit is durable, and the process is killed before it learns so: nothing is woken, nobody was answered. After the
 * restart everything that was committed is carried on by itself: judged, ordered, sent, told, climbed.
 */
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyDatabase } from '../../server/src/kernel/database/test-database.ts';
import { ApiClient, until } from '../api-client.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';
import { type CommitTrap, startCommitTrap } from './commit-trap.ts';

const PASSWORD = 'a long enough pass phrase 4';
const [OWN, OTHER] = ['35752007426533', '86012345000001'];
const CARDS = ['8986001234500000014', '8986001234500000022', '8986001234500000030'];
const RULE = 'card-in-another-device';
const WITHIN_MS = 120_000;

interface Items<T> {
  readonly items: readonly T[];
}
interface Finding {
  readonly id: string;
  readonly caseId: number | null;
  readonly subject: { readonly reference: string };
}
interface Measure {
  readonly id: number;
  readonly kind: string;
  readonly state: string;
}

const folder = dataFolder();
const data = join(folder.path, 'data');
const env: Record<string, string> = {
  THINGWARD_NOTICE_NETWORKS: '127.0.0.0/8',
  THINGWARD_NOTICE_HTTP: 'allow',
};
const told: string[] = [];
let trap: CommitTrap;
let provider: ProviderProcess;
let receiver: Server;
let server: ServerProcess;
let client: ApiClient;
let sourceId = 0;

beforeAll(async () => {
  const reach = await emptyDatabase();
  if (reach.by !== 'login') throw new Error('the test server is reached by login');
  const sockets = join(folder.path, 's');
  mkdirSync(sockets);
  trap = await startCommitTrap(sockets, reach.host, reach.port);
  env['DATABASE_URL'] =
    `postgresql://${reach.superuser}@localhost:${reach.port}/${reach.database}?host=${encodeURIComponent(trap.host)}`;
  provider = await startProvider();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', part => {
      body += part;
    });
    request.on('end', () => {
      told.push(body);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
  server = await startServer(data, { env });
  client = new ApiClient(server.address);
  await client.signIn(server.first!.email, server.first!.password, PASSWORD);
  await client.importTable('cards', `iccid,class\n${CARDS.map(each => `${each},other\n`).join('')}`);
  const columns = { iccid: 'iccid', imei: 'imei', time: 'at', bytesUp: 'up', bytesDown: 'down' };
  ({ id: sourceId } = await client.post<{ id: number }>('/sources', {
    ...{ name: 'feed', format: 'generic-json', profile: { mapping: { columns } } },
  }));
  await client.post('/providers', {
    ...{ name: 'carrier', adapter: 'simulated-provider', settings: { url: provider.url, quietMs: 2_000 } },
  });
  await client.put('/measure-policies', { ruleId: RULE, measure: 'suspend-card', mode: 'climb' });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  await client.post('/subscribers', { url, topics: ['finding', 'measure'] });
  for (const card of CARDS) await seen(card, OWN, 7_200_000);
}, WITHIN_MS);
afterAll(async () => {
  await server?.stop();
  await trap?.close();
  await provider?.stop();
  receiver?.closeAllConnections();
  receiver?.close();
  folder.remove();
});

const seen = (iccid: string, imei: string, agoMs: number) =>
  client.post(`/sources/${sourceId}/records`, {
    ...{ iccid, imei, at: new Date(Date.now() - agoMs).toISOString(), up: 1, down: 1 },
  });

async function restarted(): Promise<void> {
  const { token } = client;
  server = await startServer(data, { env });
  client = new ApiClient(server.address);
  client.token = token;
}

/** Does something whose commit is kept, and kills the server once the database has it; nobody was answered. */
async function killedAfter(statements: RegExp, work: () => Promise<unknown>): Promise<void> {
  // Statements are sent in words once for each connection, so the connections are to be new ones.
  await server.stop();
  await restarted();
  const committed = trap.keepNext(statements);
  const answer = work().then(
    () => 'answered',
    () => 'cut off',
  );
  await committed;
  await server.kill();
  await answer;
}

/** From now on nobody asks for anything: what follows is done by the server itself. */
async function carriedOn(card: string): Promise<void> {
  const finding = await until(
    'a finding with a case',
    async () => {
      const { items } = await client.get<Items<Finding>>(`/findings?rule=${RULE}`);
      return items.find(each => each.subject.reference.startsWith(card.slice(0, 19)) && each.caseId !== null);
    },
    WITHIN_MS,
  );
  await until(
    'a measure in force',
    async () => {
      const { items } = await client.get<Items<Measure>>(`/measures?case=${finding.caseId}`);
      return items.length === 1 && items[0]?.kind === 'suspend-card' && items[0].state === 'effective';
    },
    WITHIN_MS,
  );
  expect(await provider.ordersFor(card)).toMatchObject([{ count: expect.any(Number) }]);
  await until('it was told', async () => told.some(each => each.includes(finding.id)), WITHIN_MS);
  const { acts } = await client.get<{ acts: readonly { kind: string }[] }>(`/cases/${finding.caseId}`);
  expect(acts.filter(each => each.kind === 'opened')).toHaveLength(1);
}

test('after records were accepted: they are judged, and all that follows', async () => {
  const [card] = CARDS as [string];
  await killedAfter(/observation_\d{8}/, () => seen(card, OTHER, 60_000));
  await restarted();
  await carriedOn(card);
}, 300_000);

test('after a finding, its case and its order were written: the order leaves, and the finding is told', async () => {
  const card = CARDS[1] as string;
  await killedAfter(/insert into finding\b/, () => seen(card, OTHER, 60_000));
  await restarted();
  await carriedOn(card);
}, 300_000);

test('after an order by hand was written: it leaves, once, and is in force', async () => {
  const card = CARDS[2] as string;
  await client.put('/measure-policies', { ruleId: RULE, measure: 'suspend-card', mode: 'suggest' });
  await seen(card, OTHER, 60_000);
  const { caseId } = await until(
    'a finding with a case',
    async () => {
      const { items } = await client.get<Items<Finding>>(`/findings?rule=${RULE}`);
      return items.find(each => each.subject.reference.startsWith(card.slice(0, 19)) && each.caseId !== null);
    },
    WITHIN_MS,
  );
  await killedAfter(/insert into measure \(/, () =>
    client.post(`/cases/${caseId}/measures`, { kind: 'suspend-card' }),
  );
  await restarted();
  await carriedOn(card);
}, 300_000);
