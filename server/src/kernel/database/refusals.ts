import { Refusal } from '../refusal.ts';

/** Every way the database says no. */
export type DatabaseCode =
  /** The connection is lost or cannot be made; `detail.outcome` is `unknown` when the loss fell into the commit. */
  | 'database-unavailable'
  | 'database-url-unusable'
  | 'database-too-old'
  | 'database-newer'
  | 'database-rights-missing'
  | 'database-role-too-mighty'
  | 'migration-changed'
  | 'migration-missing'
  | 'migration-late'
  | 'migration-unreadable'
  | 'migration-failed'
  | 'value-unstorable'
  | 'data-folder-busy'
  | 'data-folder-closed'
  | 'data-folder-foreign'
  | 'data-folder-other-major'
  | 'embedded-binaries-missing'
  | 'embedded-start-failed';

export type DatabaseRefusal = Refusal<DatabaseCode>;

/** Shorthand so that a code outside the union does not compile. */
export function refuse(
  code: DatabaseCode,
  options: ConstructorParameters<typeof Refusal>[1] = {},
): DatabaseRefusal {
  return new Refusal<DatabaseCode>(code, options);
}

const LOST_STATES = new Set(['57P01', '57P02', '57P03', '57P05', '53300']);
const LOST_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const LOST_WORDS =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|Cannot use a pool after calling end)/;

/** The SQLSTATE or system error code of whatever was thrown, or the empty text. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** True when the error says that the connection is gone or cannot be made, and not that a statement is wrong. */
export function isLoss(error: unknown): boolean {
  if (error instanceof Refusal) return error.code === 'database-unavailable';
  const code = codeOf(error);
  if (code.startsWith('08') || LOST_STATES.has(code) || LOST_SYSTEM.has(code)) return true;
  return error instanceof Error && LOST_WORDS.test(error.message);
}
