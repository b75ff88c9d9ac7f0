/**
 * Debian's FreeRADIUS with its 3GPP dictionary between a network and Thingward (C-25 to C-27): it forwards accounting to
 * our UDP port, asks our REST endpoint before it lets a card in, and takes our Disconnect- and CoA-Requests. Illegal use must
 * end the session within a second and have the card refused at its next try; lifting must let it in again. What comes
 * again, with another Proxy-State and delay, must change nothing, and what was answered must be there.
 *
 * One line for each check; the exit code is 1 when one fails.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiClient, until } from '../api-client.ts';
import { dataFolder, startServer } from '../server-process.ts';
import {
  type Attributes,
  livePorts,
  missingRest,
  SECRET,
  startLiveRadius,
} from './freeradius/live-server.ts';
import { missingFreeRadius } from './freeradius/server.ts';

const CARDS = 10;
const LIMIT = {
  limitAttribute: 'Filter-Id',
  limitNumber: '11',
  limitForm: 'text',
  // What FreeRADIUS would expand, and must not.
  limitValue: 'throttled-%{User-Name}',
  unlimitValue: 'full-speed',
};
const OCTETS = 2 ** 32;
const imsiOf = (n: number): string => `26201${1_000_000_000 + n}`;
const iccidOf = (n: number): string => `8949000000${100_000_000 + n}`;
const DEVICES = ['3534260911472301', '3569380723814402'] as const;

let hasFailed = false;
function tell(name: string, fault: string | null): void {
  console.log(fault === null ? `ok ${name}` : `FAIL ${name} ${fault}`);
  hasFailed ||= fault !== null;
}

interface Session {
  readonly claim: string;
  readonly series: string;
  readonly bytesUp: number | null;
  readonly bytesDown: number | null;
  readonly closedBy: string | null;
  readonly answer: string | null;
}
interface Measure {
  readonly id: number;
  readonly state: string;
}

const packet = (n: number, session: string, status: string, more: Attributes = {}): Attributes => ({
  'Acct-Status-Type': status,
  'Acct-Session-Id': `"${session}"`,
  'NAS-Identifier': '"ggsn-1"',
  'NAS-IP-Address': '192.0.2.9',
  'User-Name': `"${imsiOf(n)}"`,
  '3GPP-IMSI': `"${imsiOf(n)}"`,
  '3GPP-IMEISV': `"${DEVICES[0]}"`,
  '3GPP-SGSN-MCC-MNC': '"26201"',
  'Event-Timestamp': String(Math.floor(Date.now() / 1_000)),
  ...more,
});
const octets = (up: number, down: number, seconds: number): Attributes => ({
  'Acct-Input-Octets': String(up % OCTETS),
  'Acct-Input-Gigawords': String(Math.floor(up / OCTETS)),
  'Acct-Output-Octets': String(down % OCTETS),
  'Acct-Output-Gigawords': String(Math.floor(down / OCTETS)),
  'Acct-Session-Time': String(seconds),
});
const asks = (n: number): Attributes => ({
  'User-Name': `"${imsiOf(n)}"`,
  'User-Password': '"x"',
  '3GPP-IMSI': `"${imsiOf(n)}"`,
});

async function main(): Promise<void> {
  const missing = (await missingFreeRadius()) ?? (await missingRest());
  if (missing !== null) return console.log(`skipped live FreeRADIUS (${missing})`);
  const folder = dataFolder();
  const secrets = join(folder.path, 'secrets');
  mkdirSync(secrets);
  const env = { THINGWARD_RADIUS_PORT: '0', THINGWARD_RADIUS_SECRETS: secrets };
  const server = await startServer(folder.path, { env });
  try {
    const api = new ApiClient(server.address);
    await api.signIn(server.first!.email, server.first!.password, 'a long enough pass phrase 6');
    await throughFreeRadius(api, secrets);
  } finally {
    await server.stop();
    folder.remove();
  }
}

async function throughFreeRadius(api: ApiClient, secrets: string): Promise<void> {
  const { partyId } = await api.get<{ partyId: number }>('/me');
  mkdirSync(join(secrets, String(partyId)));
  writeFileSync(join(secrets, String(partyId), 'nas'), `${SECRET}\n`);
  const rows = Array.from({ length: CARDS }, (_, n) => `${iccidOf(n)},${imsiOf(n)}`);
  await api.importTable('cards', `iccid,imsi\n${rows.join('\n')}\n`);
  const { id: sourceId } = await api.post<{ id: number }>('/sources', {
    ...{ name: 'core', format: 'freeradius-detail', profile: { counter: 'per-series' } },
  });
  const ports = await livePorts();
  await api.post('/radius/clients', {
    ...{ name: 'ggsn-1', address: '127.0.0.1', sourceId, secretFile: 'nas', port: ports.coa },
  });
  const settings = { url: 'radius:sessions', quietMs: 1_000, options: LIMIT };
  await api.post('/providers', { name: 'own core', adapter: 'radius', settings });
  await api.put('/measure-policies', {
    ...{ ruleId: 'card-in-another-device', measure: 'suspend-card', mode: 'order' },
  });
  const { live } = await api.get<{ live: { radius: { port: number } } }>('/status');
  const { key } = await api.post<{ key: string }>('/api-keys', {
    ...{ title: 'freeradius', scopes: ['observations:write'] },
  });
  const radius = await startLiveRadius(ports, { address: api.address, key, acctPort: live.radius.port });
  try {
    tell(`FreeRADIUS ${radius.version} stands between`, null);
    await forwarded(api, radius);
    await ended(api, radius);
    await limited(api, radius);
  } finally {
    await radius.stop();
  }
}

type Radius = Awaited<ReturnType<typeof startLiveRadius>>;

async function sessionsOf(api: ApiClient, n: number): Promise<readonly Session[]> {
  const path = `/radius/sessions?open=false&claim=imsi:${imsiOf(n)}`;
  return (await api.get<{ items: Session[] }>(path)).items;
}

async function forwarded(api: ApiClient, radius: Radius): Promise<void> {
  const up = 3 * OCTETS + 123_456_789;
  const down = OCTETS - 1;
  const told = [
    packet(1, 's1', 'Start'),
    packet(1, 's1', 'Interim-Update', octets(5, 6, 10)),
    packet(1, 's1', 'Stop', octets(up, down, 60)),
  ];
  const answered = await radius.account(told);
  // Asked at once: what was answered is committed.
  const [session] = await sessionsOf(api, 1);
  tell(
    'accounting that it forwards is answered once it is there, to the byte beyond 32 bits (C-25)',
    answered === 3 && session?.bytesUp === up && session.bytesDown === down && session.closedBy === 'stop'
      ? null
      : `${answered} answered, ${JSON.stringify(session)}`,
  );
  const counted = async () =>
    (await api.get<{ items: { accepted: number }[] }>('/batches')).items.reduce(
      (sum, b) => sum + b.accepted,
      0,
    );
  const before = await counted();
  const again = told.map(each => ({ ...each, 'Acct-Delay-Time': '7' }));
  const repeated = (await radius.account(told)) + (await radius.account(again));
  const after = await counted();
  tell(
    'what comes again, with another Proxy-State or delay, is answered and changes nothing',
    repeated === 6 && after === before ? null : `${repeated} answered, ${after - before} added`,
  );
  const lost = packet(2, 's2', 'Interim-Update', octets(1, 2, 600));
  await radius.account([lost]);
  const [opened] = await sessionsOf(api, 2);
  tell(
    'a session whose Start was lost is opened by its first record, and goes on (C-27)',
    opened?.closedBy === null && opened.bytesUp === 1 ? null : JSON.stringify(opened),
  );
}

async function ended(api: ApiClient, radius: Radius): Promise<void> {
  tell('a registered card comes in', (await radius.mayComeIn(asks(0))) ? null : 'it was refused');
  tell('a card nobody registered is refused', (await radius.mayComeIn(asks(77))) ? 'it came in' : null);
  await radius.account([packet(0, 's0', 'Start')]);
  await radius.account([
    packet(0, 's0', 'Interim-Update', { ...octets(10, 20, 60), '3GPP-IMEISV': `"${DEVICES[1]}"` }),
  ]);
  const sinceMs = performance.now();
  const isSeen = async () => (await radius.disconnects()).includes('s0');
  await until('the Disconnect-Request', isSeen, 10_000);
  const tookMs = Math.round(performance.now() - sinceMs);
  const seen = await radius.disconnects();
  tell(
    `illegal use ends the session: its Disconnect-Request came ${tookMs} ms after the record was answered`,
    tookMs < 1_000 ? null : 'that is more than a second',
  );
  tell(
    'FreeRADIUS takes the Disconnect-Request as one of its session, with a Message-Authenticator',
    /Packet-Type = Disconnect-Request/.test(seen) && /Message-Authenticator/.test(seen)
      ? null
      : seen.slice(0, 500),
  );
  tell(
    'the suspended card is refused at its next try',
    (await radius.mayComeIn(asks(0))) ? 'it came in' : null,
  );
  tell('another card still comes in', (await radius.mayComeIn(asks(3))) ? null : 'it was refused');
  await radius.account([packet(0, 's0', 'Stop', octets(11, 22, 61))]);
  const measure = async () => {
    const { items } = await api.get<{ items: Measure[] }>('/measures?limit=100');
    return items[0];
  };
  await until('the suspension verified', async () => {
    await radius.mayComeIn(asks(0));
    return (await measure())?.state === 'verified';
  });
  const [session] = await sessionsOf(api, 0);
  tell(
    'its answer is kept at the session, and the suspension verified',
    session?.answer === 'ack' ? null : JSON.stringify(session),
  );
  await api.post(`/measures/${(await measure())!.id}/lift`, { reason: 'verified again' });
  await until('the card let in', () => radius.mayComeIn(asks(0)));
  tell('lifting lets the card in', null);
}

/** A card limited by `limit-card`: its session is changed, its next one comes in limited, and a NAK is what it says. */
async function limited(api: ApiClient, radius: Radius): Promise<void> {
  await api.put('/measure-policies', {
    ...{ ruleId: 'card-in-another-device', measure: 'limit-card', mode: 'order' },
  });
  const reached = async (n: number, ...states: string[]): Promise<Measure> =>
    await until(
      `the limit of card ${n} ${states.join(' or ')}`,
      async () => {
        type Seen = Measure & { kind: string; subject: { reference: string } };
        const { items } = await api.get<{ items: Seen[] }>('/measures?limit=100');
        return items.find(
          each =>
            each.kind === 'limit-card' &&
            each.subject.reference === iccidOf(n).slice(0, 19) &&
            states.includes(each.state),
        );
      },
      30_000,
    );
  const misuse = async (n: number, session: string): Promise<void> => {
    await radius.account([packet(n, session, 'Start')]);
    const moved = { ...octets(10, 20, 60), '3GPP-IMEISV': `"${DEVICES[1]}"` };
    await radius.account([packet(n, session, 'Interim-Update', moved)]);
  };
  await misuse(4, 's4');
  const measure = await reached(4, 'effective', 'verified');
  const seen = await radius.disconnects();
  const change = seen.split('\n\n').find(part => part.includes('CoA-Request') && part.includes('s4')) ?? '';
  tell(
    'FreeRADIUS takes the CoA-Request as one of its session, with the attribute of the setting',
    /Filter-Id = "throttled-%\{User-Name\}"/.test(change) && /Message-Authenticator/.test(change)
      ? null
      : seen.slice(-500),
  );
  const admitted = await radius.answerTo(asks(4));
  tell(
    'the card’s next session comes in limited, by the REST answer',
    /Received Access-Accept/.test(admitted) && /Filter-Id = "throttled-%\{User-Name\}"/.test(admitted)
      ? null
      : admitted.slice(-500),
  );
  const other = await radius.answerTo(asks(5));
  tell('another card comes in without a limit', /Filter-Id/.test(other) ? other.slice(-500) : null);
  await api.post(`/measures/${measure.id}/lift`, { reason: 'cleared up' });
  await reached(4, 'lifted');
  const after = await radius.disconnects();
  const free = await radius.answerTo(asks(4));
  tell(
    'lifting tells the session its free value, and the next one comes in without a limit',
    /Filter-Id = "full-speed"/.test(after) && !/Filter-Id/.test(free) ? null : after.slice(-500),
  );
  await misuse(6, 'gone');
  await reached(6, 'effective', 'verified');
  tell('a NAK with Error-Cause 503 leaves the limit to the next session', null);
  await misuse(7, 'stubborn');
  await reached(7, 'failed');
  tell('a NAK with Error-Cause 401 fails the measure', null);
}

try {
  await main();
} catch (cause) {
  tell(
    'live FreeRADIUS',
    String(cause instanceof Error ? cause.message : cause)
      .slice(0, 2_000)
      .replaceAll('\n', ' | '),
  );
}
process.exitCode = hasFailed ? 1 : 0;
