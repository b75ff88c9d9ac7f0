import { Refusal } from '../../kernel/refusal.ts';
import { DOCUMENT_KINDS, type DocumentKind, type PersonKind, type PrivacyCode } from './model.ts';

/** ISO 7064 MOD 11-2, as GB 11643-1999 has it for numbers of resident identity cards. */
const CARD_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CARD_CHECKS = '10X98765432';
/** GB 32100-2015: 31 characters (no I, O, S, V, Z) and weights that are powers of 3 modulo 31. */
const CODE_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const CODE_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/**
 * A document's number in the one form under which it is sealed and found: NFKC, upper case, without spaces and
 * hyphens. Refuses `document-kind-wrong` for a kind that identifies no such person, and `document-number-invalid`
 * where the number cannot be one of its kind; the number itself is in no refusal.
 */
export function documentNumber(person: PersonKind, kind: DocumentKind, text: string): string {
  if (!(DOCUMENT_KINDS[person] as readonly string[]).includes(kind))
    throw new Refusal<PrivacyCode>('document-kind-wrong', { detail: { person, kind } });
  const number = text.normalize('NFKC').toUpperCase().replace(/[\s-]/gu, '');
  if (!isPossible(kind, number))
    throw new Refusal<PrivacyCode>('document-number-invalid', { detail: { kind } });
  return number;
}

/** What of an identity is the same whoever registers it: kind and number. */
export function identityText(kind: DocumentKind, number: string): string {
  // A residence permit of Hong Kong, Macao or Taiwan residents bears a number of the same series as an identity card.
  return `${kind}|${number}`;
}

function isPossible(kind: DocumentKind, number: string): boolean {
  switch (kind) {
    case 'resident-identity-card':
    case 'residence-permit':
      return isCardNumber(number);
    case 'business-licence':
    case 'institution-certificate':
      return isCreditCode(number);
    default:
      return /^[0-9A-Z]{4,30}$/.test(number);
  }
}

function isCardNumber(number: string): boolean {
  if (!/^\d{17}[\dX]$/.test(number)) return false;
  const birth = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`;
  const ms = Date.parse(birth);
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== birth) return false;
  const sum = CARD_WEIGHTS.reduce((total, weight, i) => total + weight * Number(number[i]), 0);
  return CARD_CHECKS[sum % 11] === number[17];
}

/** A unified social credit code with its check character. */
function isCreditCode(code: string): boolean {
  if (code.length !== 18 || [...code].some(char => !CODE_ALPHABET.includes(char))) return false;
  const sum = CODE_WEIGHTS.reduce((total, weight, i) => total + weight * CODE_ALPHABET.indexOf(code[i]!), 0);
  return CODE_ALPHABET[(31 - (sum % 31)) % 31] === code[17];
}
