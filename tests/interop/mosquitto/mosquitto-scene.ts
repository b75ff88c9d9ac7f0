import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { MOSQUITTO, type MosquittoProcess, startMosquitto } from '../../gateway/mosquitto-process.ts';
import { ran } from '../certificates/scene.ts';
import { hasProgram, missing } from '../debian/install.ts';

/** Where Debian puts the plugin, by machine. */
const PLUGINS = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  each => `/usr/lib/${each}/mosquitto_dynamic_security.so`,
);

export interface SharedMosquitto {
  readonly process: MosquittoProcess;
  readonly port: number;
  readonly password: string;
  readonly passwordFile: string;
}

/** Why Debian's Mosquitto and its clients cannot be had here, or null. */
export function missingMosquitto(): Promise<string | null> {
  const isThere = async () => (await hasProgram(MOSQUITTO)) && (await hasProgram('mosquitto_pub'));
  return missing('Mosquitto', isThere, 'mosquitto', 'mosquitto-clients');
}

/** A Mosquitto as docs/operating/gateway.md has it set up: dynamic security lets gateways use one tree of topics, and nobody anything else. */
export async function mosquittoForGateways(folder: string): Promise<SharedMosquitto> {
  mkdirSync(join(folder, 'store'), { recursive: true });
  const at = (name: string): string => join(folder, name);
  const [admin, password] = [randomBytes(18).toString('hex'), randomBytes(18).toString('hex')];
  writeFileSync(at('password'), `${password}\n`, { mode: 0o600 });
  const plugin = PLUGINS.find(existsSync);
  if (plugin === undefined) throw new Error('Mosquitto has no dynamic security here');
  await command('dynsec', 'init', at('dynsec.json'), 'admin', admin);
  const port = await freePort();
  const process = await startMosquitto(folder, port, [
    ...[`listener ${port} 127.0.0.1`, 'allow_anonymous false', 'set_tcp_nodelay true'],
    ...[`plugin ${plugin}`, `plugin_opt_config_file ${at('dynsec.json')}`],
    ...['persistence true', `persistence_location ${at('store')}/`],
    ...['max_queued_messages 1000', 'max_packet_size 140000', 'log_type error', 'log_type warning'],
  ]);
  const login = ['-h', '127.0.0.1', '-p', String(port), '-u', 'admin', '-P', admin, 'dynsec'];
  for (const words of [
    ['setDefaultACLAccess', 'publishClientReceive', 'deny'],
    ['createRole', 'gateway'],
    ['addRoleACL', 'gateway', 'publishClientSend', 'd/#', 'allow'],
    ['addRoleACL', 'gateway', 'publishClientReceive', 'd/#', 'allow'],
    ['addRoleACL', 'gateway', 'subscribePattern', 'd/#', 'allow'],
    ['createClient', 'gateway', '-p', password],
    ['addClientRole', 'gateway', 'gateway'],
  ])
    await command(...login, ...words);
  return { process, port, password, passwordFile: at('password') };
}

async function command(...words: readonly string[]): Promise<void> {
  const { isGood, said } = await ran('mosquitto_ctrl', ...words);
  if (!isGood || /error/i.test(said)) throw new Error(`mosquitto_ctrl: ${said}`);
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
