import { HOUR_MS } from '../../../kernel/time.ts';

/** What an operator decides about access. */
export interface AccessRules {
  /** A session ends when it was not used for so long. */
  readonly idleMs: number;
  /** A session ends so long after the sign-in, however much it is used. */
  readonly longestMs: number;
  /** Roles whose holders may do nothing but set up a second factor until they have one. */
  readonly secondFactorRoles: ReadonlySet<string>;
  /** Passwords that nobody may choose, in lower case. */
  readonly commonPasswords: ReadonlySet<string>;
}

export const DEFAULT_ACCESS: AccessRules = {
  idleMs: HOUR_MS,
  longestMs: 12 * HOUR_MS,
  secondFactorRoles: new Set(),
  commonPasswords: new Set(),
};
