import { createPublicKey } from 'node:crypto';

/** What makes a key weak; null for one of which nothing is known. */
export type Weakness = 'rsa-short' | 'rsa-exponent' | 'roca';

const LEAST_RSA_BITS = 2_048;
const LEAST_EXPONENT = 65_537n;

/** Looks at a public key (SubjectPublicKeyInfo, DER). Other keys than RSA are weak in no way that can be seen from outside. */
export function weaknessOf(spki: Uint8Array): Weakness | null {
  const key = createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' });
  if (key.asymmetricKeyType !== 'rsa') return null;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < LEAST_RSA_BITS) return 'rsa-short';
  if (publicExponent < LEAST_EXPONENT) return 'rsa-exponent';
  const { n = '' } = key.export({ format: 'jwk' });
  return hasRocaMark(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)) ? 'roca' : null;
}

/**
 * Primes made by the library of CVE-2017-15361 are powers of 65537 to every small prime, so their product is too. Of other
 * keys about one in 2^27 is so by chance. Only primes to which 65537 does not give every remainder tell anything.
 */
export function hasRocaMark(modulus: bigint): boolean {
  return marks.every(({ prime, powers }) => powers.has(Number(modulus % BigInt(prime))));
}

const LAST_PRIME = 167;
const marks = primesUpTo(LAST_PRIME)
  .filter(prime => prime > 2)
  .map(prime => ({ prime, powers: powersTo(prime) }));

function primesUpTo(most: number): number[] {
  const found: number[] = [];
  for (let n = 2; n <= most; n += 1) if (found.every(prime => n % prime !== 0)) found.push(n);
  return found;
}

/** Remainders that powers of 65537 leave. */
function powersTo(prime: number): ReadonlySet<number> {
  const found = new Set<number>();
  for (let power = 1; !found.has(power); power = (power * (65_537 % prime)) % prime) found.add(power);
  return found;
}
