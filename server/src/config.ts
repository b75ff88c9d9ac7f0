import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type AccessSettings, readAccess } from './config-access.ts';
import { type ModuleSettings, readModuleSettings } from './config-modules.ts';
import { type Environment, oneOf, wholeNumber } from './config-values.ts';
import { NO_WITNESSES, readWitnessPolicy, type WitnessPolicy } from './spine/ledger/witnesses/policy.ts';
import { MOST_PARTITIONS } from './spine/partitions/partition-of.ts';

/** Every setting of the server; read once, all faults told at once, frozen. The only reader of the environment. */
export interface Config {
  /** The operator's own PostgreSQL; absent, the embedded one is started. */
  readonly databaseUrl: string | undefined;
  /** Where everything lies that is not in the operator's database: the embedded one, the log's key, the checkpoint. */
  readonly dataDir: string;
  /** Folder with other PostgreSQL binaries for the embedded server, for instance a distribution's. */
  readonly binDir: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Address under which people reach the server. */
  readonly publicUrl: string;
  /** What a new ledger is to be called; absent, it takes a name of chance that it keeps. */
  readonly ledgerOrigin: string | undefined;
  /** Who is asked to cosign the ledger, and which of them are enough; nobody unless a policy file names them. */
  readonly witnesses: WitnessPolicy;
  /** Addresses of reverse proxies whose x-forwarded-for is believed. */
  readonly trustedProxies: readonly string[];
  readonly mode: 'development' | 'production';
  readonly logLevel: string;
  readonly isDemo: boolean;
  /** What the operator decides about access. */
  readonly access: AccessSettings;
  /** Folder below which the folders of sources are watched; absent, none is. */
  readonly watchedFolder: string | undefined;
  /** For so long a file there must not have changed before it is taken, in milliseconds. */
  readonly watchedQuietMs: number;
  /** The file of the keys that wrap those of the vault of personal data. */
  readonly vaultKeysFile: string;
  /** What modules open by themselves. */
  readonly ofModules: ModuleSettings;
  /** Threads that judge subjects; 1 is the main thread alone. */
  readonly judgingThreads: number;
  /** Milliseconds between two looks of the sequencer at staged entries. */
  readonly sequencerMs: number;
}

export class ConfigFault extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `Thingward cannot start: settings cannot be used. 无法启动：设置有误。\n${faults.map(fault => `  - ${fault}`).join('\n')}`,
    );
    this.name = 'ConfigFault';
    this.faults = faults;
  }
}

/** Reads settings from the environment and the command line (`--demo`, `--port N`, `--data DIR`, `--host H`). */
export function readConfig(
  env: Environment = process.env,
  args: readonly string[] = process.argv.slice(2),
): Config {
  const faults: string[] = [];
  const options = readArguments(args, faults);
  const host = options.host ?? env['THINGWARD_HOST'] ?? '127.0.0.1';
  const port = wholeNumber('THINGWARD_PORT', options.port ?? env['THINGWARD_PORT'], 8470, 0, 65_535, faults);
  const dataDir = resolve(options.data ?? env['THINGWARD_DATA'] ?? defaultDataDir(env));
  const givenUrl = env['THINGWARD_PUBLIC_URL'] || undefined;
  const config: Config = {
    databaseUrl: databaseUrl(env['DATABASE_URL'], faults),
    dataDir,
    binDir: env['THINGWARD_POSTGRES_BIN'] || undefined,
    host,
    port,
    publicUrl: publicUrl(givenUrl, env['THINGWARD_TLS_CERT'] ? 'https' : 'http', host, port, faults),
    ledgerOrigin: ledgerOrigin(env['THINGWARD_LEDGER_ORIGIN'] || undefined, givenUrl, faults),
    witnesses: witnessPolicy(env['THINGWARD_LEDGER_POLICY'] || undefined, faults),
    trustedProxies: (env['THINGWARD_TRUSTED_PROXIES'] ?? '')
      .split(',')
      .map(text => text.trim())
      .filter(text => text !== ''),
    mode: oneOf('THINGWARD_MODE', env['THINGWARD_MODE'], ['development', 'production'], faults),
    logLevel: oneOf(
      'THINGWARD_LOG',
      env['THINGWARD_LOG'],
      ['info', 'debug', 'warn', 'error', 'silent'],
      faults,
    ),
    isDemo: options.isDemo,
    access: readAccess(env, faults),
    vaultKeysFile: resolve(env['THINGWARD_VAULT_KEYS'] || join(dataDir, 'vault.keys')),
    watchedFolder: folder('THINGWARD_WATCHED_FOLDER', env, faults),
    watchedQuietMs: wholeNumber(
      'THINGWARD_WATCHED_QUIET_MS',
      env['THINGWARD_WATCHED_QUIET_MS'],
      5_000,
      0,
      3_600_000,
      faults,
    ),
    ofModules: readModuleSettings(env, dataDir, faults),
    judgingThreads: wholeNumber(
      'THINGWARD_JUDGING_THREADS',
      env['THINGWARD_JUDGING_THREADS'],
      1,
      1,
      MOST_PARTITIONS,
      faults,
    ),
    sequencerMs: wholeNumber(
      'THINGWARD_SEQUENCER_MS',
      env['THINGWARD_SEQUENCER_MS'],
      250,
      10,
      60_000,
      faults,
    ),
  };
  if (
    config.mode === 'production' &&
    config.publicUrl.startsWith('http:') &&
    !/^(localhost|127\.|::1$)/.test(host)
  )
    faults.push(
      'THINGWARD_MODE: production speaks to other machines over TLS alone: set THINGWARD_TLS_CERT and THINGWARD_TLS_KEY, or an https THINGWARD_PUBLIC_URL before which a proxy stands 生产模式对其他机器只提供 TLS：请设置证书，或在 https 公开地址前放置代理',
    );
  if (faults.length > 0) throw new ConfigFault(faults);
  return Object.freeze(config);
}

interface Options {
  host?: string;
  port?: string;
  data?: string;
  isDemo: boolean;
}

function readArguments(args: readonly string[], faults: string[]): Options {
  const options: Options = { isDemo: false };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--demo') options.isDemo = true;
    else if (arg === '--port' || arg === '--host' || arg === '--data') {
      const value = args[++i];
      if (value === undefined) faults.push(`${arg}: a value must follow 后面缺少值`);
      else options[arg.slice(2) as 'port' | 'host' | 'data'] = value;
    } else faults.push(`${arg}: unknown; there are 未知选项，可用：--demo, --port N, --host H, --data DIR`);
  }
  return options;
}

/** As root the system's place, otherwise the user's data home (XDG Base Directory). */
function defaultDataDir(env: Environment): string {
  if (process.getuid?.() === 0) return '/var/lib/thingward';
  return join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'thingward');
}

function folder(name: string, env: Environment, faults: string[]): string | undefined {
  const given = env[name] || undefined;
  if (given === undefined) return undefined;
  const path = resolve(given);
  if (!isFolder(path))
    faults.push(`${name}: there is no such folder, or it may not be looked at 文件夹不存在或无权查看`);
  return path;
}

/** False too for a path that names nothing any disk could hold. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function databaseUrl(value: string | undefined, faults: string[]): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (!/^postgres(ql)?:\/\//.test(value))
    faults.push(
      'DATABASE_URL: must begin with postgres:// or postgresql:// 须以 postgres:// 或 postgresql:// 开头',
    );
  return value;
}

function publicUrl(
  value: string | undefined,
  scheme: 'http' | 'https',
  host: string,
  port: number,
  faults: string[],
): string {
  if (value === undefined) return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const isGood = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  if (!isGood) faults.push('THINGWARD_PUBLIC_URL: must be an http or https address 须为 http 或 https 地址');
  return value.replace(/\/+$/, '');
}

/**
 * The origin that was set, else the public address without its scheme, followed by `/ledger` (C2SP
 * tlog-checkpoint: the URL prefix of the log without scheme and trailing slash). An address of this machine
 * alone names no log: many have it.
 */
function ledgerOrigin(
  given: string | undefined,
  publicUrl: string | undefined,
  faults: string[],
): string | undefined {
  if (given !== undefined) {
    // A key name of C2SP signed-note: neither spaces nor plus signs.
    if (/[\s+\p{Cc}]/u.test(given) || given.length > 200)
      faults.push(
        'THINGWARD_LEDGER_ORIGIN: must be at most 200 characters without spaces or plus signs 最多 200 个字符，不含空格和加号',
      );
    return given;
  }
  if (publicUrl === undefined || !URL.canParse(publicUrl)) return undefined;
  const { hostname, host, pathname, username, password } = new URL(publicUrl);
  if (username !== '' || password !== '')
    faults.push('THINGWARD_PUBLIC_URL: must hold no user or password 不得包含用户名或密码');
  if (isLoopback(hostname)) return undefined;
  return `${host}${pathname.replace(/\/+$/, '').replaceAll('+', '%2B')}/ledger`;
}

/** A file in the form of C2SP tlog-policy: whoever checks the ledger may use the same one. */
function witnessPolicy(path: string | undefined, faults: string[]): WitnessPolicy {
  if (path === undefined) return NO_WITNESSES;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    faults.push(`THINGWARD_LEDGER_POLICY: ${path} cannot be read 无法读取`);
    return NO_WITNESSES;
  }
  const read = readWitnessPolicy(text);
  for (const line of read.faults)
    faults.push(`THINGWARD_LEDGER_POLICY: "${line}" is missing, or no such line 缺少该行或该行有误`);
  return read.policy;
}

/** `localhost` and its kin (RFC 6761 §6.3), 127.0.0.0/8, ::1 and the addresses that mean "any". */
function isLoopback(hostname: string): boolean {
  return /^(?:(?:.*\.)?localhost\.?|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\])$/i.test(hostname);
}
