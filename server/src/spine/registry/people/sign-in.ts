/** A session as its owner holds it. */
export interface Session {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly expiresAtMs: number;
  readonly sessionId: string;
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
  | 'session-unknown';

/** How a request says who it is. */
export interface Credentials {
  readonly cookie?: string | undefined;
  readonly bearer?: string | undefined;
}

/** Sign-in: a library owns passwords and sessions; lock-out and one-time passwords are ours. */
export interface SignIn {
  /**
   * Checks a password and opens a session. With a one-time password a new one must be given in the same
   * call. Counts the try before it looks at the password, so that tries at once don't pass the limit.
   * Every end of it is in the ledger.
   *
   * Refuses `sign-in-refused` (unknown person and wrong password alike), `sign-in-locked` (detail
   * `retryAfterS`), `sign-in-too-often` (the same address; detail `retryAfterS`), `new-password-needed`,
   * `password-too-weak`, `password-unchanged`, `password-common`.
   */
  enter(asked: {
    readonly email: string;
    readonly password: string;
    readonly newPassword?: string | undefined;
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
