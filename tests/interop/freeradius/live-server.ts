import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { missing } from '../debian/install.ts';
import { bareTree, freePort, launched, settle, versionOf } from './server.ts';

const run = promisify(execFile);
export const SECRET = 'a secret of the interop alone';

/** FreeRADIUS between a network and Thingward: it forwards accounting, asks before it lets a card in, and takes Disconnects. */
export interface LiveRadius {
  readonly version: string;
  /** Where Thingward sends its Disconnect-Requests. */
  readonly coaPort: number;
  readonly authPort: number;
  readonly acctPort: number;
  /** Asks with the attributes whether they may come in. */
  mayComeIn(attributes: Attributes): Promise<boolean>;
  /** What is answered to them, with its attributes, as radclient shows it. */
  answerTo(attributes: Attributes): Promise<string>;
  /** Sends accounting, each packet acknowledged before the next; returns how many were. */
  account(packets: readonly Attributes[]): Promise<number>;
  /** The Disconnect- and CoA-Requests that it took, as its `detail` module writes them. */
  disconnects(): Promise<string>;
  stop(): Promise<void>;
}

export type Attributes = Readonly<Record<string, string>>;

/** Why the REST module can't be used here, or null. */
export function missingRest(): Promise<string | null> {
  const isThere = async () => existsSync('/usr/lib/freeradius/rlm_rest.so');
  return missing('freeradius-rest', isThere, 'freeradius-rest');
}

/** Where Thingward listens: its door, a key for it, and its port for accounting. */
export interface Counterpart {
  readonly address: string;
  readonly key: string;
  readonly acctPort: number;
}

/** The ports at which FreeRADIUS is to listen, known before it starts: Thingward must be told of one. */
export async function livePorts(): Promise<{ auth: number; acct: number; coa: number }> {
  return { auth: await freePort(), acct: await freePort(), coa: await freePort() };
}

export async function startLiveRadius(
  ports: { auth: number; acct: number; coa: number },
  counterpart: Counterpart,
): Promise<LiveRadius> {
  const folder = await mkdtemp(join(tmpdir(), 'tw-live-'));
  const at = await bareTree(folder, ['expr', 'always', 'preprocess']);
  const seen = join(folder, 'disconnects');
  await writeFile(at('mods-enabled/detail'), `detail seen {\n  filename = ${seen}\n  header = "%t"\n}\n`);
  await writeFile(at('mods-enabled/rest'), rest(counterpart));
  await writeFile(at('sites-enabled/live'), site(ports, counterpart));
  await writeFile(at('proxy.conf'), proxy(counterpart));
  await writeFile(at('clients.conf'), `client loopback {\n  ipaddr = 127.0.0.1\n  secret = "${SECRET}"\n}\n`);
  await settle(folder, at);
  const { stop } = await launched(folder);
  return {
    version: await versionOf(),
    ...{ coaPort: ports.coa, authPort: ports.auth, acctPort: ports.acct },
    mayComeIn: async attributes =>
      (await radclient(folder, ports.auth, 'auth', [attributes])).includes('Received Access-Accept'),
    answerTo: attributes => radclient(folder, ports.auth, 'auth', [attributes]),
    account: async packets =>
      (await radclient(folder, ports.acct, 'acct', packets)).match(/Received Accounting-Response/g)?.length ??
      0,
    disconnects: () => readFile(seen, 'utf8').catch(() => ''),
    stop,
  };
}

/** As docs/operating/radius.md tells operators to write it. */
function rest({ address }: Counterpart): string {
  return `rest {
  tls {
  }
  connect_uri = "${address}"
  connect_timeout = 1.0
  authorize {
    uri = "\${..connect_uri}/api/v1/radius/authorize"
    method = 'post'
    body = 'json'
    tls = \${..tls}
  }
}
`;
}

function site(ports: { auth: number; acct: number; coa: number }, { key }: Counterpart): string {
  const listen = (type: string, port: number) =>
    `  listen {\n    type = ${type}\n    ipaddr = 127.0.0.1\n    port = ${port}\n  }\n`;
  return `server live {
${listen('auth', ports.auth)}${listen('acct', ports.acct)}${listen('coa', ports.coa)}
  authorize {
    update control {
      REST-HTTP-Header += "Authorization: Bearer ${key}"
    }
    rest
    if (ok || noop || updated) {
      update control {
        Auth-Type := Accept
      }
    }
  }
  preacct {
    update control {
      Proxy-To-Realm := "thingward"
    }
  }
  recv-coa {
    seen
    if (&Acct-Session-Id == "gone") {
      update reply {
        Error-Cause := Session-Context-Not-Found
      }
      reject
    }
    if (&Acct-Session-Id == "stubborn") {
      update reply {
        Error-Cause := Unsupported-Attribute
      }
      reject
    }
    ok
  }
  send-coa {
    ok
  }
}
`;
}

function proxy({ acctPort }: Counterpart): string {
  return `proxy server {
  default_fallback = no
}
home_server thingward {
  type = acct
  ipaddr = 127.0.0.1
  port = ${acctPort}
  secret = "${SECRET}"
  response_window = 5
  status_check = none
}
home_server_pool thingward {
  type = fail-over
  home_server = thingward
}
realm thingward {
  acct_pool = thingward
  nostrip
}
`;
}

async function radclient(
  folder: string,
  port: number,
  command: 'auth' | 'acct',
  packets: readonly Attributes[],
): Promise<string> {
  const file = join(folder, `packets-${Math.floor(performance.now() * 1_000)}`);
  const text = packets.map(each =>
    Object.entries(each)
      .map(([name, value]) => `${name} = ${value}`)
      .join('\n'),
  );
  await writeFile(file, `${text.join('\n\n')}\n`);
  const words = ['-d', join(folder, 'etc'), '-f', file, '-p', '1', '-x', '-r', '3', '-t', '3'];
  // It ends with a code other than 0 when it was refused: what it says is the answer.
  return await run('radclient', [...words, `127.0.0.1:${port}`, command, SECRET], {
    maxBuffer: 1 << 26,
  }).then(
    ({ stdout }) => stdout,
    (failed: { stdout?: string }) => failed.stdout ?? '',
  );
}
