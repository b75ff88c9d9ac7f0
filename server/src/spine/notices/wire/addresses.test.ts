import { expect, test } from 'vitest';
import { addressGuard, networkOf } from './addresses.ts';

const mayReach = addressGuard([]);

test.each([
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '100.100.100.200',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '[::1]',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:10.0.0.1',
  '::ffff:a9fe:a9fe',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::a9fe:a9fe',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  '2001:db8::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '',
  'localhost',
  '0x7f.1',
  '127.1',
])('no notice goes to %s', address => {
  expect(mayReach(address)).toBe(false);
});

test.each(['1.1.1.1', '93.184.216.34', '172.32.0.1', '100.128.0.1', '::ffff:1.1.1.1', '2606:4700::1111'])(
  'a notice may go to %s',
  address => {
    expect(mayReach(address)).toBe(true);
  },
);

test('a network of the operator’s own is reached, and none beside it', () => {
  const own = addressGuard(['10.1.0.0/16', 'fd12::/32']);
  expect(['10.1.2.3', '::ffff:10.1.2.3', 'fd12::9'].map(own)).toEqual([true, true, true]);
  expect(['10.2.0.1', 'fd13::1', '127.0.0.1'].map(own)).toEqual([false, false, false]);
});

test.each(['10.0.0.0', '10.0.0.0/33', 'x/8', '10.0.0.0/8/8', '::/129', '10.0.0.0/-1'])(
  '%s is no network',
  text => {
    expect(networkOf(text)).toBeNull();
  },
);
