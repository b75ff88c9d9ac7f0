import { Refusal } from '../../../kernel/refusal.ts';
import { hashPassword } from './argon2.ts';
import { forgiveAccount } from './lock-out.ts';
import { newOneTimePassword } from './passwords.ts';
import type { Person, SignInCode } from './sign-in.ts';
import { NOBODY, type SignInParts } from './sign-in-parts.ts';
import * as store from './store.ts';

/** Makes a person with a one-time password and no role; refuses `person-exists`. */
export async function createAccount(
  { opened, doors }: SignInParts,
  { email, name }: { email: string; name: string },
): Promise<Person & { oneTimePassword: string }> {
  const accounts = opened.context.internalAdapter;
  const address = email.trim().toLowerCase();
  if ((await accounts.findUserByEmail(address)) !== null) throw new Refusal<SignInCode>('person-exists');
  const oneTimePassword = newOneTimePassword();
  const made = await accounts
    .createUser({ email: address, name, emailVerified: true }, { method: 'admin' })
    .catch((cause: unknown) => {
      throw new Refusal<SignInCode>('person-exists', { cause });
    });
  await doors.database.door(NOBODY, tx => store.markPassword(tx, made.id, true));
  await accounts.linkAccount({
    userId: made.id,
    accountId: made.id,
    providerId: 'credential',
    password: await hashPassword(oneTimePassword),
  });
  return { userId: made.id, email: made.email, name: made.name, oneTimePassword };
}

/** Gives a person a new one-time password, and forgets wrong tries. */
export async function resetAccount(
  { opened, doors }: SignInParts,
  userId: string,
): Promise<{ oneTimePassword: string }> {
  const accounts = opened.context.internalAdapter;
  if ((await accounts.findUserById(userId)) === null) throw new Refusal<SignInCode>('person-unknown');
  const oneTimePassword = newOneTimePassword();
  await doors.database.door(NOBODY, async tx => {
    await store.markPassword(tx, userId, true);
    await forgiveAccount(tx, userId);
  });
  await accounts.updatePassword(userId, await hashPassword(oneTimePassword));
  await accounts.deleteUserSessions(userId);
  return { oneTimePassword };
}

/** The people of some ids; unknown ids are left out. */
export async function peopleOf({ opened }: SignInParts, userIds: readonly string[]): Promise<Person[]> {
  if (userIds.length === 0) return [];
  const rows = await opened.context.adapter.findMany<{ id: string; email: string; name: string }>({
    model: 'user',
    where: [{ field: 'id', operator: 'in', value: [...userIds] }],
    limit: userIds.length,
  });
  return rows.map(row => ({ userId: row.id, email: row.email, name: row.name }));
}

/** A person by email, or null. */
export async function personByEmail({ opened }: SignInParts, email: string): Promise<Person | null> {
  const found = await opened.context.internalAdapter.findUserByEmail(email.trim().toLowerCase());
  return found === null ? null : { userId: found.user.id, email: found.user.email, name: found.user.name };
}
