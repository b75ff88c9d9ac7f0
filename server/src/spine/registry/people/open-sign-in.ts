import { Refusal } from '../../../kernel/refusal.ts';
import type { RecordDoors } from '../recorded.ts';
import { type AccessRules, DEFAULT_ACCESS } from './access-rules.ts';
import { createAccount, peopleOf, personByEmail, resetAccount } from './accounts.ts';
import { enter } from './enter.ts';
import { changePassword } from './passwords.ts';
import type { OpenIdProvider } from './provider/oidc.ts';
import { beginProviderTrip, finishProviderTrip } from './provider/sign-in.ts';
import {
  beginSecondFactor,
  confirmSecondFactor,
  dropSecondFactor,
  forgetSecondFactor,
  recoveryCodesLeft,
  renewRecoveryCodes,
} from './second-factor/own.ts';
import { leave, openSessions, whoseSession } from './sessions.ts';
import type { SignIn, SignInCode } from './sign-in.ts';
import { type LibrarySettings, openLibrary } from './sign-in-library.ts';
import type { SignInParts } from './sign-in-parts.ts';

/** Opens sign-in: brings the library's tables up to date and stands between it and the rest. */
export async function openSignIn(
  doors: RecordDoors,
  settings: LibrarySettings,
  rules: AccessRules = DEFAULT_ACCESS,
  provider: OpenIdProvider | null = null,
): Promise<SignIn> {
  const opened = await openLibrary(settings, rules);
  const parts: SignInParts = { doors, opened, rules, secret: settings.secret };
  return {
    enter: asked => enter(parts, asked),
    whose: credentials => whoseSession(parts, credentials),
    leave: credentials => leave(parts, credentials),
    changePassword: (credentials, asked) => changePassword(parts, credentials, asked),
    beginSecondFactor: (credentials, asked) => beginSecondFactor(parts, credentials, asked),
    confirmSecondFactor: (credentials, asked) => confirmSecondFactor(parts, credentials, asked),
    renewRecoveryCodes: (credentials, asked) => renewRecoveryCodes(parts, credentials, asked),
    dropSecondFactor: (credentials, asked) => dropSecondFactor(parts, credentials, asked),
    forgetSecondFactor: userId => forgetSecondFactor(parts, userId),
    recoveryCodesLeft: userId => recoveryCodesLeft(parts, userId),
    mustHaveSecondFactor: roles => roles.some(role => rules.secondFactorRoles.has(role)),
    providerName: provider?.settings.name ?? null,
    beginProviderTrip: invitation => beginProviderTrip(parts, present(provider), invitation),
    finishProviderTrip: asked => finishProviderTrip(parts, present(provider), asked),
    sessionsOf: userId => openSessions(parts, userId),
    create: asked => createAccount(parts, asked),
    reset: userId => resetAccount(parts, userId),
    people: userIds => peopleOf(parts, userIds),
    byEmail: email => personByEmail(parts, email),
  };
}

function present(provider: OpenIdProvider | null): OpenIdProvider {
  if (provider === null) throw new Refusal<SignInCode>('provider-none');
  return provider;
}
