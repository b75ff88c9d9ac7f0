import { sha256 } from '../../../../kernel/bytes.ts';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { Refusal } from '../../../../kernel/refusal.ts';
import { MINUTE_MS } from '../../../../kernel/time.ts';
import type { SignInCode } from '../sign-in.ts';
import { PEER_HEADER } from '../sign-in-library.ts';
import type { SignInParts } from '../sign-in-parts.ts';
import { spendCode } from './store.ts';

/** A code is valid for its own half minute and one before and after it; it stays spent for longer than that. */
export const SPENT_MS = 5 * MINUTE_MS;

/** Six digits of an authenticator, or a recovery code. */
export function isTimeCode(code: string): boolean {
  return /^\d{6}$/.test(code);
}

/** The code as it is meant: people type blanks between digits. */
export function codeMeant(code: string): string {
  return code.replace(/\s+/g, '');
}

/**
 * Spends an authenticator's code with the caller's transaction, which must undo what the code opened when this
 * refuses `second-factor-refused`. The library spends recovery codes by itself.
 */
export async function spendTimeCode(
  { doors }: SignInParts,
  tx: Tx,
  userId: string,
  code: string,
): Promise<void> {
  if (!isTimeCode(code)) return;
  const digest = sha256(`${userId} ${code}`);
  const isFresh = await spendCode(tx, { userId, digest, atMs: doors.clock.now(), windowMs: SPENT_MS });
  if (!isFresh) throw new Refusal<SignInCode>('second-factor-refused');
}

/**
 * Shows a code to the library, with the cookies of a sign-in that waits for it, and gives its answer; null for a
 * code that does not fit.
 */
export async function showCode(
  { opened: { library, context } }: SignInParts,
  asked: { code: string; cookie: string; peer: string; client: string },
): Promise<Response | null> {
  const path = isTimeCode(asked.code) ? 'verify-totp' : 'verify-backup-code';
  const request = new Request(new URL(`${context.baseURL}/two-factor/${path}`), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      cookie: asked.cookie,
      origin: new URL(context.baseURL).origin,
      [PEER_HEADER]: asked.peer,
      'user-agent': asked.client,
    },
    body: JSON.stringify({ code: asked.code }),
  });
  const response = await library.handler(request);
  if (response.status >= 500) throw new Error(`the sign-in library answered ${response.status}`);
  return response.ok ? response : null;
}
