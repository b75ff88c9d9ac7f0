import { refuse as refuseDatabase } from '../../../kernel/database/refusals.ts';
import type { RecordDoors } from '../recorded.ts';
import type { AccessRules } from './access-rules.ts';
import type { Credentials } from './sign-in.ts';
import type { Library } from './sign-in-library.ts';
import * as store from './store.ts';

/** What each act of sign-in stands on. */
export interface SignInParts {
  readonly doors: RecordDoors;
  readonly opened: Library;
  readonly rules: AccessRules;
  /** At least 32 characters; names addresses without telling them. */
  readonly secret: string;
}

export const NOBODY = 0;

/** The headers under which the library knows a session. */
export function headersOf({ opened }: SignInParts, credentials: Credentials): Headers {
  const cookieName = opened.context.authCookies.sessionToken.name;
  const cookie =
    credentials.bearer === undefined ? credentials.cookie : `${cookieName}=${credentials.bearer}`;
  return new Headers(cookie === undefined ? {} : { cookie });
}

/** The party whose ledger entries tell of a person's sign-ins: the first that gave them a role; 0 without any. */
export async function homeOf({ doors }: SignInParts, userId: string): Promise<number> {
  const [first] = await doors.database.door(NOBODY, tx => store.membershipsOf(tx, userId));
  return first?.partyId ?? NOBODY;
}

export function partyOrNull(partyId: number): number | null {
  return partyId === NOBODY ? null : partyId;
}

/** The library looks a session up in the database and says of a lost connection only that it failed inside. */
export function lossBehind(cause: unknown): unknown {
  const { statusCode } = cause as { statusCode?: unknown };
  return statusCode === 500 ? refuseDatabase('database-unavailable', { cause }) : cause;
}
