import { Refusal } from '../../../kernel/refusal.ts';
import type { SignInCode } from './sign-in.ts';

/**
 * Lengths in Unicode code points (NIST SP 800-63B-4 §3.1.1.2): 15 when the password is the only factor, 8 beside
 * a second one; the longest lies above the 64 that must at least be allowed. There are no rules of composition,
 * and a password does not age.
 */
export const PASSWORD_LENGTHS = { onlyFactor: 15, besideAnother: 8, most: 128 } as const;

/** What a text field of a password takes, in UTF-16 units; whatever is longer than `most` is told so by name. */
export const MOST_PASSWORD_UNITS = 512;

export interface NewPassword {
  readonly next: string;
  readonly current: string;
  /** What the person or the service is called: an address, a name. */
  readonly names: readonly string[];
  readonly isOnlyFactor: boolean;
}

/**
 * Refuses a new password: `password-too-weak` (length; detail `least`, `most`), `password-unchanged`,
 * `password-common` (on the list, made of one short part, or the name of the person or the service).
 */
export function refuseWeak(asked: NewPassword, commonPasswords: ReadonlySet<string>): void {
  const next = asked.next.normalize('NFC');
  const { onlyFactor, besideAnother, most } = PASSWORD_LENGTHS;
  const least = asked.isOnlyFactor ? onlyFactor : besideAnother;
  const length = [...next].length;
  if (length < least || length > most)
    throw new Refusal<SignInCode>('password-too-weak', { detail: { least, most } });
  if (next === asked.current.normalize('NFC')) throw new Refusal<SignInCode>('password-unchanged');
  if (isCommon(next.toLowerCase(), namesOf(asked.names), commonPasswords))
    throw new Refusal<SignInCode>('password-common');
}

/** Reads a list of common passwords: one a line; `#` begins a remark, and one must name the source. */
export function readCommonPasswords(text: string, name: string): string[] {
  const lines = text.split(/\r?\n/).filter(line => line !== '');
  if (!lines.some(line => /^# source: \S/.test(line)))
    throw new Error(`${name}: no line "# source: …" says where the list is from`);
  const passwords = lines.filter(line => !line.startsWith('#'));
  const odd = passwords.find(each => each !== each.normalize('NFC').toLowerCase());
  if (odd !== undefined)
    throw new Error(`${name}: "${odd}" is not written in lower case and in normal form C`);
  return passwords;
}

function isCommon(next: string, names: ReadonlySet<string>, commonPasswords: ReadonlySet<string>): boolean {
  const part = repeatedPart(next);
  if ([...part].length <= 4) return true;
  return [next, part].some(each => commonPasswords.has(each) || names.has(each));
}

/** `abc` of `abcabcabc` and of `abcabcab`: the shortest beginning that, written on and on, gives the whole text. */
function repeatedPart(text: string): string {
  for (let size = 1; size <= text.length / 2; size++) {
    if (text.slice(size) === text.slice(0, text.length - size)) return text.slice(0, size);
  }
  return text;
}

/** Addresses and names as someone would take them for a password: whole, without the host, without spaces. */
function namesOf(names: readonly string[]): ReadonlySet<string> {
  const whole = ['thingward', ...names].map(name => name.normalize('NFC').toLowerCase());
  return new Set(whole.flatMap(name => [name, name.replace(/@.*$/, ''), name.replace(/\s+/g, '')]));
}
