import { randomBytes } from 'node:crypto';
import type { Tx } from '../../kernel/database/transaction.ts';
import { CODE_INDEX, digestIn, type Vault } from './vault.ts';

/** Letters and digits that nobody takes for one another when reading them out (no I, L, O, U). */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 16 characters of five bits: 80 bits nobody guesses. */
const LENGTH = 16;

/** A code of chance, in groups of four. */
export function newCode(): string {
  return grouped(randomBytes(LENGTH));
}

/** The code of one of our things, always the same: made under a key of the vault, it is kept nowhere. */
export async function codeOf(tx: Tx, vault: Vault, thing: string): Promise<string> {
  return grouped(await digestIn(tx, vault, CODE_INDEX, `code-of/${thing}`));
}

/** What is kept of a code. Case, spaces and hyphens do not count, and letters taken for digits are read as these. */
export function codeDigest(tx: Tx, vault: Vault, code: string): Promise<Buffer> {
  const plain = code
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s-]/gu, '')
    .replace(/[IL]/g, '1')
    .replace(/O/g, '0');
  return digestIn(tx, vault, CODE_INDEX, `digest/${plain}`);
}

function grouped(bytes: Uint8Array): string {
  const text = [...bytes.subarray(0, LENGTH)].map(byte => ALPHABET[byte & 31]).join('');
  return (text.match(/.{4}/g) as string[]).join('-');
}
