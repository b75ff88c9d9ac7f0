import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, it } from 'vitest';
import { hasRocaMark, weaknessOf } from './key-quality.ts';

const spkiOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
const rsa = (modulusLength: number, publicExponent = 65_537) =>
  spkiOf(generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey);

it('keys as devices make them are not weak', () => {
  for (const namedCurve of ['P-256', 'P-384'])
    expect(weaknessOf(spkiOf(generateKeyPairSync('ec', { namedCurve }).publicKey))).toBeNull();
  expect(weaknessOf(spkiOf(generateKeyPairSync('ed25519').publicKey))).toBeNull();
  expect(weaknessOf(rsa(2_048))).toBeNull();
});

it('short RSA keys and small exponents are weak', () => {
  expect(weaknessOf(rsa(1_024))).toBe('rsa-short');
  expect(weaknessOf(rsa(2_048, 3))).toBe('rsa-exponent');
});

/** The product of the first odd primes up to 167, and a number that the library of CVE-2017-15361 could have found. */
const PRODUCT = [
  3n,
  5n,
  7n,
  11n,
  13n,
  17n,
  19n,
  23n,
  29n,
  31n,
  37n,
  41n,
  43n,
  47n,
  53n,
  59n,
  61n,
  67n,
  71n,
  73n,
  79n,
  83n,
  ...[89n, 97n, 101n, 103n, 107n, 109n, 113n, 127n, 131n, 137n, 139n, 149n, 151n, 157n, 163n, 167n],
].reduce((all, prime) => all * prime, 1n);
function foundBy(power: number, factor: bigint): bigint {
  let value = 1n;
  for (let n = 0; n < power; n += 1) value = (value * 65_537n) % PRODUCT;
  return value + factor * PRODUCT;
}

it('a modulus of two numbers that are powers of 65537 to every small prime has the mark of CVE-2017-15361', () => {
  const one = foundBy(1_234_567, (1n << 800n) + 12_345n);
  const other = foundBy(765_431, (1n << 801n) + 999n);
  expect(hasRocaMark(one * other)).toBe(true);
  expect(hasRocaMark(one * (other + 2n))).toBe(false);
  const jwk = { kty: 'RSA', e: 'AQAB', n: base64url(one * foundBy(765_431, 1n << 1_100n)) };
  expect(weaknessOf(spkiOf(createPublicKey({ key: jwk, format: 'jwk' })))).toBe('roca');
});

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url');
}
