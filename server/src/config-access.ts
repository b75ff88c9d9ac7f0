import { type Environment, oneOf, wholeNumber } from './config-values.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './kernel/time.ts';
import type { NoticeSettings } from './spine/notices/notice.ts';
import { networkOf } from './spine/notices/wire/addresses.ts';
import { ROLES } from './spine/registry/people/rights.ts';

/** Settings of access: how long sessions last, and who must have a second factor. */
export interface AccessSettings {
  readonly idleMs: number;
  readonly longestMs: number;
  readonly secondFactorRoles: ReadonlySet<string>;
  readonly provider: ProviderConfig | null;
  /** Files of the certificate and its key, with which the server speaks TLS by itself. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  readonly notices: NoticeSettings;
}

/** An OpenID provider whose word is taken for who somebody is. */
export interface ProviderConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecretFile: string | undefined;
  readonly name: string;
  readonly isTrustedForSecondFactor: boolean;
}

/** Reads `THINGWARD_SESSION_IDLE_MINUTES`, `THINGWARD_SESSION_HOURS` and `THINGWARD_SECOND_FACTOR_ROLES`. */
export function readAccess(env: Environment, faults: string[]): AccessSettings {
  const number = (name: string, otherwise: number, least: number, most: number) =>
    wholeNumber(name, env[name], otherwise, least, most, faults);
  return {
    idleMs: number('THINGWARD_SESSION_IDLE_MINUTES', 60, 1, 43_200) * MINUTE_MS,
    longestMs: number('THINGWARD_SESSION_HOURS', 12, 1, 720) * HOUR_MS,
    secondFactorRoles: rolesOf(env['THINGWARD_SECOND_FACTOR_ROLES'], faults),
    provider: providerOf(env, faults),
    tls: tlsOf(env, faults),
    notices: noticesOf(env, faults),
  };
}

/** `THINGWARD_OIDC_ISSUER`, `_CLIENT_ID`, `_CLIENT_SECRET_FILE`, `_NAME` and `_SECOND_FACTOR`. */
function providerOf(env: Environment, faults: string[]): ProviderConfig | null {
  const issuer = env['THINGWARD_OIDC_ISSUER'] || undefined;
  if (issuer === undefined) return null;
  const isGood =
    URL.canParse(issuer) &&
    (new URL(issuer).protocol === 'https:' || isOfThisMachine(new URL(issuer).hostname));
  if (!isGood) faults.push('THINGWARD_OIDC_ISSUER: must be an https address 须为 https 地址');
  const clientId = env['THINGWARD_OIDC_CLIENT_ID'] ?? '';
  if (clientId === '')
    faults.push('THINGWARD_OIDC_CLIENT_ID: must be given with an issuer 须与 issuer 一同给出');
  const choices = ['stated', 'always'] as const;
  const secondFactor = env['THINGWARD_OIDC_SECOND_FACTOR'];
  return {
    issuer,
    clientId,
    clientSecretFile: env['THINGWARD_OIDC_CLIENT_SECRET_FILE'] || undefined,
    name: env['THINGWARD_OIDC_NAME'] || (URL.canParse(issuer) ? new URL(issuer).hostname : issuer),
    isTrustedForSecondFactor:
      oneOf('THINGWARD_OIDC_SECOND_FACTOR', secondFactor, choices, faults) === 'always',
  };
}

/** `THINGWARD_TLS_CERT` and `THINGWARD_TLS_KEY`, both or neither. */
function tlsOf(env: Environment, faults: string[]): AccessSettings['tls'] {
  const [certFile, keyFile] = [env['THINGWARD_TLS_CERT'] || null, env['THINGWARD_TLS_KEY'] || null];
  if (certFile !== null && keyFile !== null) return { certFile, keyFile };
  if (certFile !== null || keyFile !== null)
    faults.push('THINGWARD_TLS_CERT, THINGWARD_TLS_KEY: both or neither 须同时给出或都不给出');
  return null;
}

/** `THINGWARD_NOTICE_NETWORKS` (`10.1.0.0/16,fd00::/8`) and `THINGWARD_NOTICE_HTTP` (`refuse`, `allow`). */
function noticesOf(env: Environment, faults: string[]): NoticeSettings {
  const texts = (env['THINGWARD_NOTICE_NETWORKS'] ?? '').split(',').map(text => text.trim());
  const networks = texts.filter(text => text !== '');
  const odd = networks.filter(text => networkOf(text) === null);
  if (odd.length > 0) faults.push(`THINGWARD_NOTICE_NETWORKS: no networks 不是网段: ${odd.join(', ')}`);
  const choices = ['refuse', 'allow'] as const;
  const http = oneOf('THINGWARD_NOTICE_HTTP', env['THINGWARD_NOTICE_HTTP'], choices, faults);
  return { networks, allowsHttp: http === 'allow' };
}

/** Plain http leaves the machine for no sign-in. */
function isOfThisMachine(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** The settings of access as the ledger tells them; no secret, no path. */
export function accessOnRecord(config: {
  readonly access: AccessSettings;
  readonly publicUrl: string;
  readonly trustedProxies: readonly string[];
}): Record<string, string | number | string[]> {
  const { idleMs, longestMs, secondFactorRoles, provider } = config.access;
  return {
    sessionIdleS: idleMs / SECOND_MS,
    sessionLongestS: longestMs / SECOND_MS,
    secondFactorRoles: [...secondFactorRoles].sort(),
    provider: provider === null ? 'none' : provider.issuer,
    ownTls: config.access.tls === null ? 'no' : 'yes',
    noticeNetworks: [...config.access.notices.networks],
    noticeHttp: config.access.notices.allowsHttp ? 'allow' : 'refuse',
    scheme: new URL(config.publicUrl).protocol,
    trustedProxies: config.trustedProxies.length,
  };
}

function rolesOf(value: string | undefined, faults: string[]): ReadonlySet<string> {
  const roles = (value ?? '').split(',').map(text => text.trim());
  const given = roles.filter(text => text !== '');
  const unknown = given.filter(role => !(ROLES as readonly string[]).includes(role));
  if (unknown.length > 0)
    faults.push(
      `THINGWARD_SECOND_FACTOR_ROLES: no such roles 没有这些角色: ${unknown.join(', ')}; ${ROLES.join(', ')}`,
    );
  return new Set(given);
}
