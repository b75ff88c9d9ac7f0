import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { integer, namedBits, octets, oid, seq, setOf, TAG, time, tlv, utf8 } from './encode.ts';
import { pemOf, pemParts } from './pem.ts';
import { DerReader } from './read.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const reader = (text: string): DerReader => new DerReader(Buffer.from(text, 'hex'));

describe('what is written', () => {
  it.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [256, '02020100'],
    [2 ** 53 - 1, '02071fffffffffffff'],
  ])('the number %i is %s, in its shortest form', (value, wanted) => {
    expect(hex(integer(value))).toBe(wanted);
  });

  it.each([
    [[], '030100'],
    [[0], '03020780'],
    [[5, 6], '03020106'],
    [[8], '0303070080'],
  ])('the named bits %j are %s, without zeros at the end', (bits, wanted) => {
    expect(hex(namedBits(...bits))).toBe(wanted);
    expect([...reader(wanted).namedBits()]).toEqual(bits);
  });

  it.each(['1.2.840.10045.4.3.2', '2.5.29.15', '2.16.840.1.101.3.4.2.1', '1.3.6.1.5.5.7.48.1.5', '2.999.1'])(
    'the identifier %s is read as it was written',
    dotted => {
      expect(new DerReader(oid(dotted)).oid()).toBe(dotted);
    },
  );

  it.each([0, 127, 128, 255, 256, 65_535, 65_536, 16_777_216])('%i octets have the shortest length', size => {
    const bytes = octets(Buffer.alloc(size, 7));
    const read = new DerReader(bytes);
    expect(read.octets()).toHaveLength(size);
    read.close();
  });

  it.each([
    ['1950-01-01T00:00:00.000Z', TAG.utcTime],
    ['2049-12-31T23:59:59.000Z', TAG.utcTime],
    ['2050-01-01T00:00:00.000Z', TAG.generalizedTime],
    ['1949-12-31T23:59:59.000Z', TAG.generalizedTime],
    ['2024-02-29T12:34:56.000Z', TAG.utcTime],
  ])('the moment %s has the form of RFC 5280 §4.1.2.5', (text, tag) => {
    const ms = Date.parse(text);
    expect(time(ms)[0]).toBe(tag);
    expect(new DerReader(time(ms)).time()).toBe(ms);
  });

  it('members of a set stand in the order of their octets', () => {
    expect(hex(setOf(utf8('b'), utf8('a')))).toBe('31060c01610c0162');
  });
});

describe('what is read', () => {
  it.each([
    ['3080', 'an indefinite length'],
    ['308102aabb', 'a length longer than need be'],
    ['30820002aabb', 'a length with a leading zero'],
    ['3003aabb', 'a length beyond the end'],
    ['30850000000001aa', 'a length of five octets'],
    ['30', 'a tag alone'],
    ['3f8101', 'a tag of many octets'],
  ])('%s, %s, is refused with a place', (text, _) => {
    expect(() => reader(text).element()).toThrow('der-unreadable');
  });

  it.each([
    ['02020001', 'natural'],
    ['020180', 'natural'],
    ['0200', 'natural'],
    ['010101', 'boolean'],
    ['0603808001', 'oid'],
    ['060181', 'oid'],
    ['030108', 'namedBits'],
    ['170b3236303133303132303030305a', 'time'],
    ['170d3236313333303132303030305a', 'time'],
    ['170d3236303233303132303030305a', 'time'],
  ] as const)('%s is no %s of DER', (text, what) => {
    expect(() => reader(text)[what]()).toThrow('der-unreadable');
  });

  it('what is left over is refused', () => {
    const read = new DerReader(Buffer.concat([seq(), Buffer.of(0)]));
    read.enter(0x30);
    expect(() => read.close()).toThrow('der-unreadable');
  });
});

it('PEM gives back what it was made of, among other texts, and only what was asked for', () => {
  const [one, two] = [randomBytes(700), tlv(TAG.sequence, randomBytes(3))];
  const text = `notes\r\n${pemOf('CERTIFICATE', one)}${pemOf('X509 CRL', two)}more`;
  expect(pemParts(text, 'CERTIFICATE')).toEqual([one]);
  expect(pemParts(text, 'X509 CRL', 'CERTIFICATE')).toEqual([one, two]);
  expect(() => pemParts(text.replace('-----END X509 CRL-----', ''), 'CERTIFICATE')).toThrow('der-unreadable');
  expect(() =>
    pemParts('-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----', 'CERTIFICATE'),
  ).toThrow();
});
