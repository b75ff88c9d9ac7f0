import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Doors } from '../../server/src/api/app.ts';
import { ofModulesRoutes } from '../../server/src/api/routes/of-modules.ts';
import { ask, enterFirst, makeParty, type TestApi, testApi } from '../../server/src/api/testing/test-api.ts';
import { hex, sha256 } from '../../server/src/kernel/bytes.ts';
import { silentLog } from '../../server/src/kernel/log.ts';
import { passingSigningKey } from '../../server/src/kernel/seal/signing-key.ts';
import { DAY_MS, rfc3339 } from '../../server/src/kernel/time.ts';
import { camara, camaraByToken } from '../../server/src/modules/cards/adapters/carriers/camara/camara.ts';
import { CARRIER_CODES } from '../../server/src/modules/cards/adapters/carriers/codes.ts';
import { CAMARA_CODES } from '../../server/src/modules/cards/camara/faults.ts';
import { camaraRoutes } from '../../server/src/modules/cards/camara/routes.ts';
import type { EventDoors } from '../../server/src/modules/cards/camara/subscriptions/round.ts';
import { watchRoutes } from '../../server/src/modules/cards/camara/watches/routes.ts';
import { camaraEvents } from '../../server/src/modules/cards/formats/camara-events.ts';
import { CARD, known, named, stated } from '../../server/src/modules/cards/imports/registration.ts';
import { FACTS } from '../../server/src/modules/cards/restrictions.ts';
import type { Contribution } from '../../server/src/spine/contribution.ts';
import { record } from '../../server/src/spine/findings/findings.ts';
import { startSequencer } from '../../server/src/spine/ledger/sequencer.ts';
import type { OutsideReach } from '../../server/src/spine/measures/ports.ts';
import { faultOf } from '../../server/src/spine/notices/subscribers.ts';
import { addressGuard } from '../../server/src/spine/notices/wire/addresses.ts';
import type { IntakeDoors } from '../../server/src/spine/observations/intake.ts';
import { registerRows } from '../../server/src/spine/registry/register.ts';

export const FENCE = { fenceLatE6: 50_735_851, fenceLonE6: 7_100_660, fenceRadiusM: 50_000 };
const RULES = { imei: 'card-in-another-device', area: 'fence-breach' } as const;
const SETTINGS = { networks: ['127.0.0.0/8'], allowsHttp: true };

/** What the receiver of events got, and what it answers. */
export interface Receiver {
  readonly url: string;
  got: { readonly headers: IncomingHttpHeaders; readonly body: string }[];
  status: number;
  close(): void;
}

export async function startReceiver(): Promise<Receiver> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', part => {
      body += part;
    });
    request.on('end', () => {
      receiver.got.push({ headers: request.headers, body });
      response.writeHead(receiver.status).end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}/notify`,
    got: [],
    status: 204,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return receiver;
}

export interface SubscriptionScene {
  readonly api: TestApi;
  readonly doors: EventDoors;
  readonly partyId: number;
  /** The party of the key `other`. */
  readonly otherId: number;
  readonly intake: IntakeDoors;
  /** Opens the door on a port of this machine and says so to operators; its address. */
  listen(): Promise<string>;
  readonly keys: Readonly<Record<'all' | 'none' | 'lapsing' | 'other', string>>;
  /** A card that lies in an area; its number and what the registry knows it by. */
  makeCard(): Promise<{ phone: string; imsi: string; subjectId: number }>;
  /** A key of one card alone. */
  keyOf(subjectId: number): Promise<string>;
  /** A finding on the card as judging writes it, and in the ledger; what it is called by. */
  find(subjectId: number, what: 'imei' | 'area', change?: object): Promise<string>;
  close(): Promise<void>;
}

export async function makeSubscriptionScene(perMinute = 600): Promise<SubscriptionScene> {
  const outside: OutsideReach & { ownUrl?: string } = {
    faultOf: (url: string) => faultOf(url, SETTINGS),
    mayReach: addressGuard(SETTINGS.networks),
    sealKey: Buffer.alloc(32, 7),
  };
  const adapters = { camara, 'camara-token': camaraByToken };
  const desk = { outside, kinds: [], adapters, catalogues: [] };
  const routes = [...camaraRoutes([], perMinute), ...watchRoutes];
  const cards = { module: 'cards', routes, codes: [...CAMARA_CODES, ...CARRIER_CODES] };
  let intake: IntakeDoors;
  const api = await testApi([
    (app, doors) =>
      ofModulesRoutes(app, {
        ...doors,
        desk,
        get intake() {
          return intake;
        },
        contributions: [cards] as unknown as Contribution[],
      } as Doors),
  ]);
  const admin = await enterFirst(api);
  const [east, west] = [await makeParty(api, admin, 'East'), await makeParty(api, admin, 'West')];
  const { partyId } = east;
  const makeKey = async (token: string, scopes: readonly string[], more = {}): Promise<string> =>
    (await ask(api, '/api/v1/api-keys', { token, body: { title: 'k', scopes, ...more } })).body.key;
  const all = ['subscribers:read', 'subscribers:write'];
  const keys = {
    all: await makeKey(east.token, all),
    none: await makeKey(east.token, ['findings:read']),
    lapsing: await makeKey(east.token, all, { expiresInDays: 1 }),
    other: await makeKey(west.token, all),
  };
  const folder = mkdtempSync(join(tmpdir(), 'tw-camara-'));
  const parts = { database: api.db.database, clock: api.clock, log: silentLog };
  const key = { name: 'ledger.example/log', ...passingSigningKey() };
  const checkpointFile = join(folder, 'checkpoint');
  const sequencer = await startSequencer({ ...parts, key, checkpointFile, intervalMs: 3_600_000 });
  await armRules(api);
  intake = {
    ...parts,
    formats: new Map([[camaraEvents.name, camaraEvents]]),
    leafFor: async ms => {
      const { rows } = await sql<{ leaf: string }>`
        select observation_leaf(${rfc3339(ms).slice(0, 10)}::date) as leaf`.execute(api.db.owner);
      return rows[0]!.leaf;
    },
  };
  let count = 0;
  return {
    api,
    doors: { ...parts, desk },
    partyId,
    otherId: west.partyId,
    intake,
    listen: async () => {
      outside.ownUrl = await api.app.listen({ port: 0, host: '127.0.0.1' });
      return outside.ownUrl;
    },
    keys,
    async makeCard() {
      count += 1;
      const reference = `89860012345678${String(count).padStart(5, '0')}`;
      const phone = `14400000${String(count).padStart(5, '0')}`;
      const imsi = `4600712345${String(count).padStart(5, '0')}`;
      const card = { kind: CARD, reference };
      const fromMs = api.clock.now() - DAY_MS;
      const registrations = [
        known(card),
        named(card, `iccid:${reference}`, {}),
        named(card, `msisdn:${phone}`, {}),
        named(card, `imsi:${imsi}`, {}),
        stated(card, FACTS.restriction, FENCE, { fromMs }),
      ];
      await api.db.database.door(partyId, tx =>
        registerRows(tx, partyId, [{ place: '1', asks: { registrations } }], `t-${count}`, api.clock.now()),
      );
      const { rows } = await sql<{ id: number }>`
        select subject_id as id from subject where reference = ${reference}`.execute(api.db.corridor);
      return { phone: `+${phone}`, imsi, subjectId: rows[0]!.id };
    },
    keyOf: subjectId => makeKey(east.token, all, { subject: subjectId }),
    async find(subjectId, what, change = {}) {
      count += 1;
      const findingId = hex(sha256(`${subjectId} ${count}`));
      const atMs = api.clock.now();
      const finding = {
        ...{ findingId, partyId, subjectId, ruleId: RULES[what], ruleVersion: '0123456789abcdef' },
        ...{ key: `subject/${subjectId}`, completedBy: hex(sha256(String(count))), severity: 'high' },
        ...{ observedAtMs: atMs - 1_000, judgedAtMs: atMs, historical: false },
        evidence: { observation: { imei: `3520990017614${count % 10}` }, bound: FENCE },
        ...change,
      };
      const occasion = { atMs, actor: 'corridor', reason: 'judged' };
      await api.db.database.corridor(tx => record(tx, [finding], [], [], occasion));
      await sequencer.flush();
      return findingId;
    },
    async close() {
      await sequencer.stop();
      await api.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function armRules(api: TestApi): Promise<void> {
  for (const rule of Object.values(RULES))
    await sql`
      insert into rule_version (rule_id, version, text, armed_at, armed_by)
      values (${rule}, '0123456789abcdef', ${`id: ${rule}`}, now(), 'test') on conflict do nothing`.execute(
      api.db.corridor,
    );
}
