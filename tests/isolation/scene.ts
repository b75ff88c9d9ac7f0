import { readFileSync } from 'node:fs';
import { makeFleet, tablesOf, USAGE_MAPPING } from '@thingward/simulator';
import { pemOf, pemParts } from '../../server/src/kernel/der/pem.ts';
import { askEst, listenerFiles, newDevice } from '../../server/src/modules/devices/testing/est-client.ts';
import { deviceRequest, testRoot } from '../../server/src/modules/devices/testing/test-root.ts';
import { ApiClient, until } from '../api-client.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/**
 * East with everything a party can have, its neighbour West with little, and a department below East: what West and
 * the department try against East must come to nothing.
 */
export interface Scene {
  readonly server: ServerProcess;
  readonly root: Member;
  readonly east: Member;
  readonly west: Member;
  readonly below: Member;
  /** What is East's, by kind. */
  readonly ids: Readonly<Record<IdKind, string>>;
  /** Texts that only East's things hold: whoever else is shown one was let in. */
  readonly secrets: readonly string[];
  /** A key of West with these scopes alone. */
  keyOf(member: Member, scopes: readonly string[]): Promise<string>;
  /** Somebody of that role at a party. */
  personAt(member: Member, role: string): Promise<string>;
  close(): Promise<void>;
}

export interface Member {
  readonly name: string;
  readonly partyId: number;
  readonly userId: string;
  readonly email: string;
  readonly token: string;
  readonly client: ApiClient;
}

export type IdKind =
  | 'party'
  | 'person'
  | 'session'
  | 'api-key'
  | 'subject'
  | 'source'
  | 'batch'
  | 'held'
  | 'finding'
  | 'case'
  | 'measure'
  | 'measure-proposal'
  | 'measure-batch'
  | 'clear-export'
  | 'provider'
  | 'hook'
  | 'subscriber'
  | 'holder'
  | 'remedy-notice'
  | 're-verification'
  | 'appeal'
  | 'authority-report'
  | 'informant-report'
  | 'credit-entry'
  | 'card-batch'
  | 'esim-pool'
  | 'device-authority'
  | 'device-certificate'
  | 'device-fleet'
  | 'device-approval'
  | 'device-audit-result'
  | 'certificate-revocation'
  | 'camara-subscription';

interface Items<T> {
  readonly items: readonly T[];
}

export const MARK = 'EASTMARK';
const PASSWORD = 'a long enough pass phrase 6';
const END_MS = Date.UTC(2026, 10, 20);

export async function openScene(): Promise<Scene> {
  const folder = dataFolder();
  const { certFile, keyFile } = listenerFiles(folder.path);
  const server = await startServer(folder.path, {
    env: { THINGWARD_EST_PORT: '0', THINGWARD_EST_CERT: certFile, THINGWARD_EST_KEY: keyFile },
  });
  const first = server.first as { email: string; password: string };
  const client = new ApiClient(server.address);
  await client.signIn(first.email, first.password, PASSWORD);
  const me = await client.get<{ userId: string; partyId: number }>('/me');
  const root: Member = { name: 'Root', ...me, email: first.email, token: client.token as string, client };
  const east = await memberOf(server.address, root, `${MARK} GmbH`, 'east');
  const west = await memberOf(server.address, root, 'West AG', 'west');
  const below = await memberOf(server.address, east, 'Department', 'below');
  const { ids: most, secrets } = await fillEast(east, below.partyId);
  const approval = await approvalOf(east.client, most['device-authority'], readFileSync(certFile, 'utf8'));
  const ids = {
    ...most,
    'clear-export': await clearExportOf(server.address, east),
    'device-approval': approval,
    'device-audit-result': await auditResultOf(east.client, most['device-fleet']),
  };
  await west.client.post('/sources', { name: 'west-usage', format: 'generic-csv', profile: PROFILE });
  let made = 0;
  return {
    server,
    root,
    east,
    west,
    below,
    ids,
    secrets: [...secrets, east.email, east.userId, east.token],
    keyOf: async (member, scopes) =>
      (await member.client.post<{ key: string }>('/api-keys', { title: 'narrow', scopes })).key,
    personAt: async (member, role) => {
      made += 1;
      const email = `${role}-${made}@west.example`;
      return (await signedIn(server.address, member, email, role, member.partyId)).client.token as string;
    },
    close: async () => {
      await server.stop();
      folder.remove();
    },
  };
}

export const PROFILE = { mapping: USAGE_MAPPING, recordId: 'id' };

async function signedIn(
  address: string,
  by: Member,
  email: string,
  role: string,
  partyId: number,
): Promise<{ client: ApiClient; userId: string }> {
  const person = await by.client.post<{ id: string; oneTimePassword: string }>('/people', {
    email,
    name: email.split('@')[0],
    role,
    partyId,
  });
  const client = new ApiClient(address);
  await client.signIn(email, person.oneTimePassword, PASSWORD);
  return { client, userId: person.id };
}

async function memberOf(address: string, by: Member, name: string, short: string): Promise<Member> {
  const { id: partyId } = await by.client.post<{ id: number }>('/parties', {
    kind: 'customer',
    name: { en: name, zh: name },
  });
  const email = `${short}@${short === 'east' ? MARK.toLowerCase() : short}.example`;
  const { client, userId } = await signedIn(address, by, email, 'administrator', partyId);
  return { name, partyId, userId, email, token: client.token as string, client };
}

/** An export in the clear that waits for its second person: a supervisor of East's proposes it. */
async function clearExportOf(address: string, east: Member): Promise<string> {
  const email = `proposer@${MARK.toLowerCase()}.example`;
  const { client } = await signedIn(address, east, email, 'supervisor', east.partyId);
  const { id } = await client.post<{ id: number }>('/clear-exports', {
    ...{ from: '2026-01-01T00:00:00Z', to: new Date().toISOString(), purpose: 'authority-request' },
    // The ledger is public, and the ground is in it.
    ...{ ground: 'art. 12', reference: MARK, why: MARK },
  });
  return String(id);
}

/** One of everything, and a case with findings, a note and a measure. */
async function fillEast(
  east: Member,
  belowId: number,
): Promise<{
  readonly ids: Omit<Scene['ids'], 'clear-export' | 'device-approval' | 'device-audit-result'>;
  readonly secrets: Scene['secrets'];
}> {
  const { client } = east;
  const fleet = makeFleet({ seed: 3, cards: 24, days: 4, endMs: END_MS });
  const tables = tablesOf(fleet);
  for (const [name, text] of Object.entries({
    contracts: tables.contracts,
    cards: tables.cards,
    bindings: tables.bindings,
    'swap-windows': tables.swapWindows,
  }))
    await client.importTable(name, text);
  const source = await client.post<{ id: number }>('/sources', {
    name: `${MARK.toLowerCase()}-usage`,
    format: 'generic-csv',
    profile: PROFILE,
  });
  // Before the feed: whoever subscribes after the finding is told nothing of it.
  const subscriber = await client.post<{ id: number }>('/subscribers', {
    url: `https://${MARK.toLowerCase()}.example/notices`,
    topics: ['finding'],
  });
  const bad = `bad-1,8.98601E+18,,46000,2026-11-16T10:00:00Z,10,10\n`;
  const batch = await client.feed<{ id: number }>(source.id, `${MARK}.csv`, tables.usage + bad);
  const provider = await client.post<{ id: number }>('/providers', {
    name: `${MARK.toLowerCase()}-carrier`,
    adapter: 'simulated-provider',
    settings: { url: 'http://127.0.0.1:9' },
  });
  const hook = await client.post<{ id: string }>(`/sources/${source.id}/hooks`, { scheme: 'token' });
  const key = await client.post<{ id: string }>('/api-keys', { title: MARK, scopes: ['registry:read'] });
  const finding = await until(
    'a finding with a case',
    async () => {
      const { items } = await client.get<
        Items<{ id: string; caseId: number | null; subject: { id: number } }>
      >('/findings?rule=card-in-another-device');
      return items.find(each => each.caseId !== null);
    },
    90_000,
  );
  await until('a notice of the finding', async () => {
    const { items } = await client.get<Items<unknown>>(`/subscribers/${subscriber.id}/notices`);
    return items[0];
  });
  await settled(client);
  const caseId = finding.caseId as number;
  await client.post(`/cases/${caseId}/notes`, { text: `${MARK} the holder was called` });
  const measure = await client.post<{ id: number }>(`/cases/${caseId}/measures`, { kind: 'suspend-card' });
  await client.post(`/subjects/${finding.subject.id}/critical`, { critical: true, why: MARK });
  const end = { kind: 'terminate-card', why: MARK };
  const proposal = await client.post<{ id: number }>(`/cases/${caseId}/measure-proposals`, end);
  const orders = await client.post<{ id: number }>('/measure-batches', {
    kind: 'suspend-card',
    why: MARK,
    of: { case: caseId },
  });
  await client.post('/card-suppliers', { reference: MARK });
  const order = { reference: MARK, supplier: MARK, form: 'esim', ordered: 1 };
  const cardBatch = await client.post<{ id: number }>('/card-batches', order);
  const pool = await client.post<{ id: number }>('/esim-pools', { reference: MARK });
  // The number that the attempts name.
  await client.importTable('cards', 'iccid,class,msisdn\n8986009999900000001,other,8614400000001\n');
  const subscriptions = '/camara/iot-sim-fraud-prevention-subscriptions/vwip/subscriptions';
  const subscription = await client.post<{ id: string }>(subscriptions, {
    types: ['org.camaraproject.iot-sim-fraud-prevention.v0.imei-change'],
    protocol: 'HTTP',
    sink: `https://${MARK.toLowerCase()}.example/events`,
    config: { subscriptionDetail: { device: { phoneNumber: '+8614400000001' } } },
  });
  const personal = await fillPersonal(client, caseId, belowId);
  const { items: held } = await client.get<Items<{ id: number }>>('/quarantine');
  const { items: sessions } = await client.get<Items<{ id: string }>>('/me/sessions');
  return {
    ids: {
      party: String(east.partyId),
      person: east.userId,
      session: sessions[0]?.id as string,
      'api-key': key.id,
      subject: String(finding.subject.id),
      source: String(source.id),
      batch: String(batch.id),
      held: String(held[0]?.id),
      finding: finding.id,
      case: String(caseId),
      measure: String(measure.id),
      'measure-proposal': String(proposal.id),
      'measure-batch': String(orders.id),
      provider: String(provider.id),
      hook: hook.id,
      subscriber: String(subscriber.id),
      'card-batch': String(cardBatch.id),
      'esim-pool': String(pool.id),
      ...(await fillDevices(client)),
      'camara-subscription': subscription.id,
      ...personal,
    },
    secrets: [
      MARK,
      MARK.toLowerCase(),
      finding.id,
      key.id,
      hook.id,
      ...fleet.cards.flatMap(card => [card.iccid, card.iccid.slice(0, 19)]),
      '8.98601E+18',
    ],
  };
}

/** Waits until two looks at the findings are alike. */
async function settled(client: ApiClient): Promise<void> {
  let before = -1;
  await until(
    'findings that stay',
    async () => {
      const { items } = await client.get<Items<object>>('/findings?limit=500');
      await new Promise(resolve => setTimeout(resolve, 700));
      const isSame = items.length === before;
      before = items.length;
      return isSame;
    },
    60_000,
  );
}

/** A device with a certificate of an authority of its party's. */
async function fillDevices(
  client: ApiClient,
): Promise<
  Pick<Scene['ids'], 'device-authority' | 'device-certificate' | 'device-fleet' | 'certificate-revocation'>
> {
  const root = testRoot(Date.now());
  const asked = { name: MARK, organization: MARK };
  const authority = await client.post<{ id: number; request: string }>('/device-authorities', asked);
  const [request] = pemParts(authority.request, 'CERTIFICATE REQUEST');
  await client.post(`/device-authorities/${authority.id}/certificate`, {
    certificate: pemOf('CERTIFICATE', root.certify(request as Buffer)),
    above: pemOf('CERTIFICATE', root.certificate),
  });
  const device = await client.post<{ reference: string }>('/devices', { product: 'meter-3', serial: MARK });
  const { der } = deviceRequest([['commonName', device.reference]]);
  const certificate = await client.post<{ id: number }>('/certificates', {
    ...{ device: device.reference, authority: authority.id, request: pemOf('CERTIFICATE REQUEST', der) },
  });
  const ofFleet = { name: 'east', product: 'meter-3', authority: authority.id };
  const fleet = await client.post<{ id: number }>('/device-fleets', ofFleet);
  await client.post(`/device-fleets/${fleet.id}/expected`, { serials: [MARK] });
  const revocation = await client.post<{ id: number }>('/certificate-revocations', {
    ...{ selection: { certificates: [certificate.id] }, reason: 'superseded', expected: 1, why: MARK },
  });
  return {
    'device-authority': String(authority.id),
    'device-certificate': String(certificate.id),
    'device-fleet': String(fleet.id),
    'certificate-revocation': String(revocation.id),
  };
}

/** A device that waits for a person, at a fleet of its own. */
async function approvalOf(client: ApiClient, authority: string, ca: string): Promise<string> {
  const ofFleet = { name: 'waiting', product: 'meter-3', authority: Number(authority), approval: 'first' };
  const fleet = await client.post<{ id: number; label: string }>('/device-fleets', ofFleet);
  const path = `/device-fleets/${fleet.id}/expected`;
  const { items } = await client.post<Items<{ secret: string }>>(path, { serials: [MARK] });
  const { live } = await client.get<{ live: Record<string, { est?: { port?: number } }> }>('/status');
  const port = live['certificate authority']?.est?.port ?? 0;
  const { request } = newDevice(`meter-3:${MARK}`);
  const basic = `${MARK}:${items[0]?.secret ?? ''}`;
  await askEst({ port, ca, label: fleet.label }, 'simpleenroll', { request: request(), basic });
  const waiting = await client.get<Items<{ id: number }>>('/device-approvals');
  return String(waiting.items[0]?.id);
}

/** Something that an audit finds: a claim for more devices than a batch has. */
async function auditResultOf(client: ApiClient, fleet: string): Promise<string> {
  const request = pemOf('CERTIFICATE REQUEST', deviceRequest([]).der);
  await client.post('/device-claims', { fleet: Number(fleet), title: MARK, request, devices: 2_000 });
  await client.post('/device-audits/run');
  const { items } = await client.get<Items<{ id: number }>>('/device-audit-results');
  return String(items[0]?.id);
}

/** One of everything that is kept of persons, and of what follows from it. */
async function fillPersonal(
  client: ApiClient,
  caseId: number,
  belowId: number,
): Promise<
  Pick<
    Scene['ids'],
    | 'holder'
    | 'remedy-notice'
    | 're-verification'
    | 'appeal'
    | 'authority-report'
    | 'informant-report'
    | 'credit-entry'
  >
> {
  const made = <T extends object>(path: string, body: object) => client.post<T & { id: number }>(path, body);
  const person = await client.post<{ handle: string; documentId: number }>('/persons', {
    kind: 'natural',
    name: `${MARK} Holder`,
    document: { kind: 'passport', number: `${MARK}1` },
  });
  await client.post(`/persons/${person.handle}/verifications`, {
    documentId: person.documentId,
    outcome: 'verified',
    method: 'in-person',
  });
  const again = await made(`/cases/${caseId}/re-verifications`, { reason: MARK });
  const appeal = await made(`/cases/${caseId}/appeals`, { text: `${MARK} is wronged` });
  const report = await made('/authority-reports', {
    addresseeKind: 'police',
    addressee: `Bureau of ${MARK}`,
    about: 'sim-box',
    basis: 'art. 14',
    caseId,
    text: MARK,
  });
  await made('/open/informant-reports', { kind: 'fraud', text: MARK, about: belowId });
  const entry = await made(`/persons/${person.handle}/credit-entries`, {
    class: 'general',
    authority: `Court of ${MARK}`,
    authorityLevel: 'prefecture',
    decisionNumber: `${MARK}-7`,
    decisionDate: '2026-05-10',
    decision: Buffer.from(MARK).toString('base64'),
  });
  const notice = await until('a notice', async () => {
    const { items } = await client.get<Items<{ id: number }>>('/remedy-notices');
    return items[0];
  });
  return {
    holder: person.handle,
    'remedy-notice': String(notice.id),
    're-verification': String(again.id),
    appeal: String(appeal.id),
    'authority-report': String(report.id),
    // The first of a fresh installation; its number is told to those who work on informants alone.
    'informant-report': '1',
    'credit-entry': String(entry.id),
  };
}
