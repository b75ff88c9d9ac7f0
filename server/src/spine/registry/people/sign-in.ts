/** A session as its owner holds it. */
export interface Session {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly expiresAtMs: number;
  readonly sessionId: string;
  readonly hasSecondFactor: boolean;
}

/** What a person needs to set up an authenticator; told once. */
export interface Enrolment {
  /** `otpauth://totp/…`, as authenticators read it. */
  readonly uri: string;
  /** The secret in base 32, to be typed. */
  readonly secret: string;
  /** Each opens the account once in place of a code. */
  readonly recoveryCodes: readonly string[];
}

/** A session as its owner, or who governs the owner's account, sees it in a list. */
export interface OpenSession {
  readonly sessionId: string;
  readonly openedAtMs: number;
  /** To a quarter of the idle time. */
  readonly usedAtMs: number;
  readonly expiresAtMs: number;
  /** Address it was opened from, and what the client called itself; empty when it did not say. */
  readonly peer: string;
  readonly client: string;
}

/** What a good sign-in gives. */
export interface SignedIn extends Session {
  /** For `authorization: Bearer …`. */
  readonly token: string;
  /** `set-cookie` headers for a browser. */
  readonly setCookies: readonly string[];
}

/** A person as administrators see them. */
export interface Person {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
}

export type SignInCode =
  | 'sign-in-refused'
  | 'sign-in-locked'
  | 'sign-in-too-often'
  | 'new-password-needed'
  | 'password-too-weak'
  | 'password-unchanged'
  | 'password-common'
  | 'person-exists'
  | 'person-unknown'
  | 'session-unknown'
  | 'second-factor-needed'
  | 'second-factor-refused'
  | 'second-factor-exists'
  | 'second-factor-none'
  | 'provider-none'
  | 'provider-away'
  | 'provider-refused'
  | 'provider-person-unknown'
  | 'provider-link-exists'
  | 'provider-without-second-factor';

/** How a request says who it is. */
export interface Credentials {
  readonly cookie?: string | undefined;
  readonly bearer?: string | undefined;
}

/** Sign-in: a library owns passwords, sessions and second factors;
 * lock-out, one-time passwords and the single use of a code are ours. */
export interface SignIn {
  /**
   * Checks a password and opens a session. With a one-time password a new one must be given in the same
   * call. Counts the try before it looks at the password, so that tries at once don't pass the limit.
   * Every end of it is in the ledger.
   *
   * Refuses `sign-in-refused` (unknown person and wrong password alike), `sign-in-locked` (detail
   * `retryAfterS`), `sign-in-too-often` (the same address; detail `retryAfterS`), `second-factor-needed` (the password was
   * right), `second-factor-refused` (wrong, or spent before: each is good once), `new-password-needed`,
   * `password-too-weak`, `password-unchanged`, `password-common`.
   */
  enter(asked: {
    readonly email: string;
    readonly password: string;
    readonly newPassword?: string | undefined;
    /** Six digits of the authenticator, or a recovery code. */
    readonly code?: string | undefined;
    /** Address of the peer as the socket or a trusted proxy gives it; never a header of the client. */
    readonly peer: string;
    /** What the client calls itself; shown in the list of sessions. */
    readonly client?: string | undefined;
  }): Promise<SignedIn>;
  /** Whose session it is; null when there is none, it ended, or the person was shut out. */
  whose(credentials: Credentials): Promise<Session | null>;
  /** Ends a session; returns `set-cookie` headers that clear a browser's. */
  leave(credentials: Credentials): Promise<readonly string[]>;
  /** Changes the password of a session's owner and ends the other sessions. Counts wrong tries as `enter` does. */
  changePassword(
    credentials: Credentials,
    asked: { readonly current: string; readonly next: string; readonly peer: string },
  ): Promise<void>;
  /** Begins a second factor of a session's owner; refuses `second-factor-exists`. */
  beginSecondFactor(
    credentials: Credentials,
    asked: { readonly password: string; readonly peer: string },
  ): Promise<Enrolment>;
  /** Confirms it with the first code; the session goes on under the token of the answer, and all others end. */
  confirmSecondFactor(
    credentials: Credentials,
    asked: { readonly code: string; readonly peer: string },
  ): Promise<SignedIn>;
  renewRecoveryCodes(
    credentials: Credentials,
    asked: { readonly password: string; readonly code: string; readonly peer: string },
  ): Promise<{ recoveryCodes: readonly string[] }>;
  dropSecondFactor(
    credentials: Credentials,
    asked: { readonly password: string; readonly code: string; readonly peer: string },
  ): Promise<void>;
  /** Takes a person's second factor away without their code; who may is for the caller to say. */
  forgetSecondFactor(userId: string): Promise<void>;
  recoveryCodesLeft(userId: string): Promise<number>;
  /** Whether one who holds these roles may do nothing before a second factor is set. */
  mustHaveSecondFactor(roles: readonly string[]): boolean;
  /** How people know the OpenID provider that is trusted; null when there is none. */
  readonly providerName: string | null;
  /** Sends a browser to the provider; `ticket` is what it must show when it comes back. */
  beginProviderTrip(invitation: string | undefined): Promise<{ url: string; ticket: string }>;
  /** Takes a browser in that comes back with `returned`, the address it was sent to. */
  finishProviderTrip(asked: {
    readonly ticket: string;
    readonly returned: string;
    readonly peer: string;
    readonly client?: string | undefined;
  }): Promise<SignedIn>;
  /** The open sessions of a person, the last used first. */
  sessionsOf(userId: string): Promise<readonly OpenSession[]>;
  /** Makes a person with a one-time password and no role; refuses `person-exists`. */
  create(asked: {
    readonly email: string;
    readonly name: string;
  }): Promise<Person & { oneTimePassword: string }>;
  /** Gives a person a new one-time password; the caller's transaction ends their sessions and keys. */
  reset(userId: string): Promise<{ oneTimePassword: string }>;
  /** The people of some ids; unknown ids are left out. */
  people(userIds: readonly string[]): Promise<readonly Person[]>;
  /** A person by email, or null. */
  byEmail(email: string): Promise<Person | null>;
}
