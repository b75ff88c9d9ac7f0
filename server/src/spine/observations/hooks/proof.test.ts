import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isProven } from './proof.ts';

const body = Buffer.from('{"id":1}');
const mac = createHmac('sha256', 'secret').update(body).digest();

describe('a push', () => {
  it.each([
    ['hexadecimal', mac.toString('hex')],
    ['hexadecimal in capitals', mac.toString('hex').toUpperCase()],
    ['base64', mac.toString('base64')],
    ['a scheme before it', `sha256=${mac.toString('hex')}`],
  ])('is proven by the signature of its bytes in %s', (_, given) => {
    expect(isProven('hmac-sha256', 'secret', given, body)).toBe(true);
    expect(isProven('hmac-sha256', 'secret', given, Buffer.from('{"id":2}'))).toBe(false);
    expect(isProven('hmac-sha256', 'other', given, body)).toBe(false);
  });

  it('is proven by the token itself, in any manner of bearing it', () => {
    for (const given of ['secret', 'Bearer secret', 'bearer  secret'])
      expect(isProven('token', 'secret', given, body)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'sha256=',
    'secre',
    mac.toString('hex').slice(2),
    ['secret', 'secret'],
    'x'.repeat(5_000),
  ])('is not proven by %s', given => {
    expect(isProven('token', 'secret', given, body)).toBe(false);
    expect(isProven('hmac-sha256', 'secret', given, body)).toBe(false);
  });
});
