import { expect, test } from 'vitest';
import { faultOfLimit, limitFormOf } from './limit-form.ts';

const FILTER = {
  limitAttribute: 'Filter-Id',
  limitNumber: '11',
  limitForm: 'text',
  limitValue: 'slow',
  unlimitValue: 'full',
};

// What is given, and the option that can't be used.
const table: [Readonly<Record<string, string>>, string | null][] = [
  [{}, null],
  [FILTER, null],
  [{ ...FILTER, limitNumber: '14988/8', limitAttribute: 'Mikrotik-Rate-Limit' }, null],
  [{ ...FILTER, limitForm: 'number', limitValue: '4294967295', unlimitValue: '0' }, null],
  [{ ...FILTER, limitForm: 'octets', limitValue: '0x00ff', unlimitValue: '0x01' }, null],
  [{ ...FILTER, limitValue: '慢'.repeat(82) }, null],
  [{ ...FILTER, limitValue: '慢'.repeat(83) }, 'limitValue'],
  [{ ...FILTER, limitForm: 'number', limitValue: '4294967296', unlimitValue: '0' }, 'limitValue'],
  [{ ...FILTER, limitForm: 'octets', limitValue: '0x0', unlimitValue: '0x01' }, 'limitValue'],
  [{ ...FILTER, limitForm: 'constructor' }, 'limitForm'],
  // Who is meant, secrets and proofs are none of an operator's.
  [{ ...FILTER, limitNumber: '44' }, 'limitNumber'],
  [{ ...FILTER, limitNumber: '80' }, 'limitNumber'],
  [{ ...FILTER, limitNumber: '26' }, 'limitNumber'],
  [{ ...FILTER, limitNumber: '0/1' }, 'limitNumber'],
  [{ ...FILTER, limitNumber: '16777216/1' }, 'limitNumber'],
  [{ ...FILTER, limitNumber: '9/0' }, 'limitNumber'],
  [{ ...FILTER, limitAttribute: 'control:Auth-Type' }, 'limitAttribute'],
  [{ ...FILTER, unlimitValue: '' }, 'unlimitValue'],
  [{ ...FILTER, secret: 'x' }, 'secret'],
  [{ limitAttribute: 'Filter-Id' }, 'limitNumber'],
];

test.for(table)('%o has the fault %s', ([options, fault]) => {
  expect(faultOfLimit(options)).toBe(fault);
  if (fault !== null) expect(limitFormOf(options)).toBeNull();
});

test('values are bytes in the form that was named', () => {
  const number = limitFormOf({
    ...FILTER,
    limitNumber: '9/1',
    limitForm: 'number',
    limitValue: '256',
    unlimitValue: '0',
  });
  expect(number).toEqual({
    name: 'Filter-Id',
    limited: { vendor: 9, type: 1, value: Buffer.from([0, 0, 1, 0]) },
    free: { vendor: 9, type: 1, value: Buffer.alloc(4) },
    shown: 256,
  });
  expect(limitFormOf({})).toBeNull();
});
