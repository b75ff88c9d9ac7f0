import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApiClient, until } from '../../api-client.ts';
import { type CommandLine, commandLine } from '../../command-line.ts';
import { type ServerProcess, startServer } from '../../server-process.ts';

const run = promisify(execFile);

/** What a program answered: whether it was content, and all that it said. */
export interface Ran {
  readonly isGood: boolean;
  readonly said: string;
}

export async function ran(program: string, ...args: readonly string[]): Promise<Ran> {
  return await run(program, [...args], { maxBuffer: 64 << 20 }).then(
    ({ stdout, stderr }) => ({ isGood: true, said: stdout + stderr }),
    (fault: { stdout?: string; stderr?: string; message: string }) => ({
      isGood: false,
      said: `${fault.stdout ?? ''}${fault.stderr ?? ''}` || fault.message,
    }),
  );
}

export interface Token {
  readonly env: Readonly<Record<string, string>>;
}

/** A token of SoftHSM in a folder, and the binding that the operator installs; or why it cannot be had. */
export async function softToken(folder: string): Promise<Token | string> {
  const module = [
    '/usr/lib/softhsm/libsofthsm2.so',
    '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  ].find(existsSync);
  if (module === undefined) return 'SoftHSM has no library where it is looked for';
  const tokens = join(folder, 'tokens');
  mkdirSync(tokens, { recursive: true });
  const conf = join(folder, 'softhsm2.conf');
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const pinFile = join(folder, 'pin');
  writeFileSync(pinFile, '135790\n', { mode: 0o600 });
  const env = { ...process.env, SOFTHSM2_CONF: conf };
  const init = ['--init-token', '--free', '--label', 'thingward', '--pin', '135790', '--so-pin', '246801'];
  await run('softhsm2-util', init, { env });
  const binding = join(folder, 'binding');
  mkdirSync(binding, { recursive: true });
  const install = ['install', '--prefix', binding, '--no-save', '--no-audit', '--no-fund', 'pkcs11js@2.1.7'];
  const built = join(binding, 'node_modules/pkcs11js/build/Release/pkcs11.node');
  await run('npm', install, {
    maxBuffer: 1 << 26,
  }).catch(() => undefined);
  if (!existsSync(built)) return 'pkcs11js could not be installed';
  return {
    env: {
      SOFTHSM2_CONF: conf,
      THINGWARD_PKCS11_MODULE: module,
      THINGWARD_PKCS11_BINDING: join(binding, 'node_modules/pkcs11js/index.js'),
      THINGWARD_PKCS11_TOKEN: 'thingward',
      THINGWARD_PKCS11_PIN_FILE: pinFile,
    },
  };
}

/** A server with an authority under a root in a folder of its own, all of it made at the command line. */
export interface Walk {
  readonly server: ServerProcess;
  readonly line: CommandLine;
  readonly folder: string;
  at(name: string): string;
  /** A device with a key of OpenSSL's making and the certificate it was issued: the number it goes by. */
  enrol(serial: string, authority: number, ...kind: readonly string[]): Promise<number>;
  /** An authority by its name, signed by the root; files NAME.pem and NAME.chain.pem. */
  authority(name: string, ...options: readonly string[]): Promise<number>;
  /** Fetches a list until it tells what is looked for. */
  list(path: string, file: string, isThere?: (text: string) => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function openWalk(folder: string, env: Readonly<Record<string, string>>): Promise<Walk> {
  const data = join(folder, 'data');
  mkdirSync(data);
  chmodSync(data, 0o755);
  const port = 20_000 + (process.pid % 20_000);
  const server = await startServer(data, { port, env: { ...env } });
  const client = new ApiClient(server.address);
  const first = server.first as { email: string; password: string };
  await client.signIn(first.email, first.password, 'a long enough pass phrase 6');
  const home = join(folder, 'home');
  mkdirSync(home);
  const line = commandLine(home, {
    THINGWARD_URL: server.address,
    THINGWARD_TOKEN: client.token as string,
  });
  const at = (name: string): string => join(folder, name);
  const root = ['--passphrase-file', at('passphrase')];
  await line.json(
    ...[
      'authorities',
      'root',
      'make',
      at('root'),
      ...root,
      '--name',
      'Interop Root',
      '--organization',
      'Interop',
    ],
  );
  return {
    server,
    line,
    folder,
    at,
    authority: async (name, ...options) => {
      const asked = ['--organization', 'Interop', '--country', 'DE', '--out', at(`${name}.csr`), ...options];
      const { id } = await line.json<{ id: number }>('authorities', 'request', name, ...asked);
      const signed = ['--out', at(`${name}.pem`)];
      await line.json('authorities', 'root', 'sign', at('root'), at(`${name}.csr`), ...root, ...signed);
      const above = ['--above', at('root/root.pem')];
      await line.json('authorities', 'install', String(id), at(`${name}.pem`), ...above);
      const chain = readFileSync(at(`${name}.pem`), 'utf8') + readFileSync(at('root/root.pem'), 'utf8');
      writeFileSync(at(`${name}.chain.pem`), chain);
      return id;
    },
    enrol: async (serial, authority, ...kind) => {
      const how = kind.length > 0 ? kind : ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
      await run('openssl', ['genpkey', ...how, '-out', at(`${serial}.key`)]);
      const name = ['-subj', `/CN=meter-3:${serial}`];
      await run('openssl', [
        'req',
        '-new',
        '-key',
        at(`${serial}.key`),
        ...name,
        '-out',
        at(`${serial}.csr`),
      ]);
      await line.json('devices', 'add', 'meter-3', serial);
      const asked = ['--authority', String(authority), '--out', at(`${serial}.pem`)];
      const made = await line.json<{ id: number }>(
        ...['certificates', 'issue', `meter-3:${serial}`, at(`${serial}.csr`), ...asked],
      );
      return made.id;
    },
    list: async (path, file, isThere = () => true) => {
      await until(`${path}`, async () => {
        const answer = await fetch(server.address + path);
        if (answer.status !== 200) return false;
        writeFileSync(at(`${file}.der`), Buffer.from(await answer.arrayBuffer()));
        const { said } = await ran('openssl', 'crl', '-inform', 'DER', '-in', at(`${file}.der`), '-text');
        writeFileSync(at(`${file}.pem`), said);
        return isThere(said);
      });
    },
    close: () => server.stop(),
  };
}
