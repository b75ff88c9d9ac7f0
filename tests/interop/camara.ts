/**
 * CAMARA IoT SIM Fraud Prevention before strangers: every call of our client goes to Prism's mock of the published
 * contract, which validates what is asked against it; events of ours are read by the CloudEvents SDK.
 *
 * One line for each check. The packages are installed into a folder that is removed again; where npm has none, or the
 * contract does not lie beside the checkout, the check is skipped by name.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../server/src/kernel/log.ts';
import { sealBytes } from '../../server/src/kernel/seal/sealed-bytes.ts';
import { DAY_MS, rfc3339, systemClock } from '../../server/src/kernel/time.ts';
import {
  type CamaraClient,
  camaraClient,
  type Device,
} from '../../server/src/modules/cards/adapters/carriers/camara/client.ts';
import { byToken } from '../../server/src/modules/cards/adapters/carriers/camara/sign-in.ts';
import {
  changeBody,
  endBody,
  startBody,
} from '../../server/src/modules/cards/camara/subscriptions/events.ts';
import type { AdapterDoors } from '../../server/src/spine/measures/ports.ts';
import { samplePath } from '../samples.ts';

const PRISM = '@stoplight/prism-cli@5.16.0';
const SDK = 'cloudevents@10.0.0';
const KEY = Buffer.alloc(32, 7);
const DEVICE: Device = { phoneNumber: '+123456789' };
const folder = mkdtempSync(join(tmpdir(), 'tw-camara-'));
let hasFailed = false;

async function check(name: string, act: () => Promise<string | null>): Promise<void> {
  const fault = await act().catch((cause: unknown) => String(cause).slice(0, 600).replaceAll('\n', ' | '));
  if (fault?.startsWith('skipped ') === true) return console.log(`skipped ${name} (${fault.slice(8)})`);
  console.log(fault === null ? `ok ${name}` : `FAIL ${name} ${fault}`);
  hasFailed ||= fault !== null;
}

/** True when the package can be had. */
function install(name: string): Promise<boolean> {
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, name];
  return new Promise(resolve => {
    execFile('npm', args, { timeout: 300_000, cwd: folder }, fault => resolve(fault === null));
  });
}

interface Mock {
  readonly url: string;
  stop(): void;
}

/** Prism over a contract, once it listens. */
async function prism(contract: string, port: number): Promise<Mock> {
  const path = join(folder, 'node_modules/.bin/prism');
  const child: ChildProcess = spawn(path, ['mock', contract, '-p', String(port), '--errors', 'false'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Prism does not listen')), 60_000);
    child.stdout?.on('data', (part: Buffer) => {
      if (!part.toString().includes('listening')) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('exit', code => reject(new Error(`Prism ended with ${code}`)));
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() };
}

interface Between {
  readonly url: string;
  /** The example that is wanted, by its name in the contract; '' leaves it to Prism. */
  example: string;
  /** What was wrong with what was asked, as Prism tells it. */
  readonly violations: string[];
  close(): void;
}

/** Takes the paths' prefix away, for Prism has none, and notes what Prism finds wrong. */
async function between(): Promise<Between> {
  const violations: string[] = [];
  const server: Server = createServer(async (request, response) => {
    const [, api = '', , ...rest] = (request.url ?? '').split('/');
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { authorization = '', 'content-type': type } = request.headers;
    const prefer = self.example === '' ? {} : { prefer: `example=${self.example}` };
    const to = api === 'iot-sim-fraud-prevention' ? calls.url : subscriptions.url;
    const correlator = String(request.headers['x-correlator'] ?? '');
    const answer = await fetch(`${to}/${rest.join('/')}`, {
      method: request.method ?? 'GET',
      headers: {
        accept: 'application/json',
        authorization,
        'x-correlator': correlator,
        ...(type === undefined ? {} : { 'content-type': type }),
        ...prefer,
      },
      ...(parts.length === 0 ? {} : { body: Buffer.concat(parts) }),
    });
    violations.push(...faultsAsked(answer.headers.get('sl-violations')));
    const text = await answer.text();
    if (answer.status >= 400) violations.push(text);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const self: Between = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    example: '',
    violations,
    close: () => server.close(),
  };
  return self;
}

/** What Prism makes up by itself may break the contract (it heeds no `anyOf` in a device); that is nothing of ours. */
function faultsAsked(told: string | null): string[] {
  const all = told === null ? [] : (JSON.parse(told) as { location: readonly string[] }[]);
  return all.filter(each => each.location[0] === 'request').map(each => JSON.stringify(each));
}

function clientAt(url: string): CamaraClient {
  const place = { use: 'provider-credential', provider: 1, origin: new URL(url).origin };
  const sealed = sealBytes(KEY, place, Buffer.from(JSON.stringify({ access_token: 'a.token' })));
  // The one question to the database is for what is sealed.
  const database = { corridor: async () => sealed } as unknown as AdapterDoors['database'];
  const outside = { faultOf: () => null, mayReach: () => true, sealKey: KEY };
  const doors = { database, outside, clock: systemClock, log: silentLog, partyId: 1, providerId: 1 };
  return camaraClient({ url, dueMs: 1_000, quietMs: 1_000, version: 'vwip' }, doors, byToken);
}

const contract = (name: string): string | null => samplePath(`cards/camara/${name}.yaml`);
const paths = [contract('iot-sim-fraud-prevention'), contract('iot-sim-fraud-prevention-subscriptions')];
const lack = paths.includes(null)
  ? 'skipped the contract does not lie beside the checkout'
  : (await install(PRISM))
    ? null
    : 'skipped @stoplight/prism-cli cannot be had from npm';
let calls: Mock;
let subscriptions: Mock;
let way: Between | null = null;

/** One call, answered by an example of the contract: what it says, and that Prism has nothing against it. */
async function call(
  example: string,
  act: (client: CamaraClient) => Promise<unknown>,
  isGood: (said: unknown) => boolean,
): Promise<string | null> {
  if (lack !== null) return lack;
  if (way === null) {
    [calls, subscriptions] = [await prism(paths[0] as string, 4_610), await prism(paths[1] as string, 4_611)];
    way = await between();
  }
  way.example = example;
  way.violations.length = 0;
  const said = await act(clientAt(way.url)).catch(
    (cause: unknown) => `${String(cause)} ${JSON.stringify(way?.violations)}`,
  );
  if (way.violations.length > 0) return way.violations.join(' ').slice(0, 500);
  return isGood(said) ? null : JSON.stringify(said);
}
const has = (field: string, value: unknown) => (said: unknown) =>
  JSON.stringify((said as Record<string, unknown> | null)?.[field]) === JSON.stringify(value);

await check('bind, as Prism validates it', () =>
  call('', client => client.set(DEVICE, 'IMEIBIND', true), has('isDone', true)),
);
await check('unbind, as Prism validates it', () =>
  call('', client => client.set(DEVICE, 'AREALIMIT', false), has('isDone', true)),
);
await check('query of an area, as Prism answers by the contract’s example', () =>
  call('AREA_LIMIT_RESULT', client => client.holds(DEVICE, 'AREALIMIT'), has('isHeld', true)),
);
await check('query of a binding, as Prism answers by the contract’s example', () =>
  call('IMEI_BIND_RESULT', client => client.holds(DEVICE, 'IMEIBIND'), has('isHeld', true)),
);
await check('to subscribe with a sink of ours and its token, as Prism validates it', () =>
  call(
    '',
    client =>
      client.subscribe({
        type: 'org.camaraproject.iot-sim-fraud-prevention.v0.imei-change',
        device: DEVICE,
        sink: 'https://here.example.org/api/v1/camara/callbacks/1',
        token: 'a.token',
        until: rfc3339(systemClock.now() + DAY_MS),
        maxEvents: 5,
      }),
    said => typeof (said as { id?: unknown }).id === 'string',
  ),
);
await check('the list of subscriptions, as Prism makes it of the contract', () =>
  call('', client => client.subscriptions(), Array.isArray),
);
await check('one subscription, as Prism makes it of the contract', () =>
  call(
    '',
    client => client.subscription('1'),
    said => typeof (said as { sink?: unknown }).sink === 'string',
  ),
);
await check('to delete one, as Prism validates it', () =>
  call('', client => client.unsubscribe('1'), has('isDone', true)),
);
await check('events of ours are CloudEvents to their SDK', async () => {
  if (!(await install(SDK))) return 'skipped cloudevents cannot be had from npm';
  const of = { subscriptionId: 7, device: DEVICE };
  const nowMs = systemClock.now();
  const bodies = [
    changeBody(of, 'imei-change', 'finding-1', nowMs, { imei: '35-209900-176148-1' }),
    startBody(of, nowMs),
    endBody(of, 'MAX_EVENTS_REACHED', nowMs),
  ];
  const script = `
const { HTTP } = require('cloudevents');
const headers = { 'content-type': 'application/cloudevents+json' };
for (const body of JSON.parse(process.argv[1])) {
  const event = HTTP.toEvent({ headers, body });
  event.validate();
  if (event.data.subscriptionId !== '7') throw new Error(body);
}
console.log('sound');`;
  return await new Promise(resolve => {
    execFile(process.execPath, ['-e', script, JSON.stringify(bodies)], { cwd: folder }, (fault, out, err) =>
      resolve(fault === null && out.trim() === 'sound' ? null : `${out}${err}`),
    );
  });
});

if (way !== null) {
  (way as Between).close();
  calls!.stop();
  subscriptions!.stop();
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = hasFailed ? 1 : 0;
