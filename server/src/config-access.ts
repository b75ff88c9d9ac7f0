import { type Environment, wholeNumber } from './config-values.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './kernel/time.ts';
import { ROLES } from './spine/registry/people/rights.ts';

/** Settings of access: how long sessions last, and who must have a second factor. */
export interface AccessSettings {
  readonly idleMs: number;
  readonly longestMs: number;
  readonly secondFactorRoles: ReadonlySet<string>;
}

/** Reads `THINGWARD_SESSION_IDLE_MINUTES`, `THINGWARD_SESSION_HOURS` and `THINGWARD_SECOND_FACTOR_ROLES`. */
export function readAccess(env: Environment, faults: string[]): AccessSettings {
  const number = (name: string, otherwise: number, least: number, most: number) =>
    wholeNumber(name, env[name], otherwise, least, most, faults);
  return {
    idleMs: number('THINGWARD_SESSION_IDLE_MINUTES', 60, 1, 43_200) * MINUTE_MS,
    longestMs: number('THINGWARD_SESSION_HOURS', 12, 1, 720) * HOUR_MS,
    secondFactorRoles: rolesOf(env['THINGWARD_SECOND_FACTOR_ROLES'], faults),
  };
}

/** The settings of access as the ledger tells them; no secret, no path. */
export function accessOnRecord(config: {
  readonly access: AccessSettings;
  readonly publicUrl: string;
  readonly trustedProxies: readonly string[];
}): Record<string, string | number | string[]> {
  const { idleMs, longestMs, secondFactorRoles } = config.access;
  return {
    sessionIdleS: idleMs / SECOND_MS,
    sessionLongestS: longestMs / SECOND_MS,
    secondFactorRoles: [...secondFactorRoles].sort(),
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
