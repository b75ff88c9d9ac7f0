import { expect, it } from 'vitest';
import { devicesImport } from './devices.ts';

const cells = (more: Record<string, string>) => ({
  ...Object.fromEntries(devicesImport.columns.map(name => [name, ''])),
  ...more,
});

it('a row registers the device with its product, the claim it goes by and the card it carries since a moment (I-29)', () => {
  const row = devicesImport.row(
    cells({ product: 'meter-3', serial: 'A1', iccid: '89860012345678901235', from: '2026-11-01T00:00:00Z' }),
    'line 2',
  );
  const registrations = 'registrations' in row ? row.registrations : [];
  expect(registrations.map(each => each.do)).toEqual(['subject', 'subject', 'alias', 'link', 'link']);
  expect(registrations[2]).toMatchObject({ reference: 'meter-3:A1', claim: 'device:meter-3:A1' });
  expect(registrations[4]).toMatchObject({
    linkKind: 'carries',
    replaces: true,
    fromMs: Date.UTC(2026, 10, 1),
    to: { kind: 'card' },
  });
});

it.each([
  ['89860012345678901239', '89860012345678901239'],
  ['8986001234567890123', '8986001234567890123'],
  ['79927398710000000004', '7992739871000000000'],
])('a card %s goes by %s, as the room of cards writes it', (iccid, reference) => {
  const row = devicesImport.row(cells({ product: 'p', serial: 's', iccid }), 'line 2');
  const link = 'registrations' in row ? row.registrations.at(-1) : undefined;
  expect(link).toMatchObject({ to: { reference } });
});

it.each([
  [{ product: 'p', serial: '+' }, 'device-name-refused'],
  [{ product: '', serial: 's' }, 'device-name-refused'],
  [{ product: 'p'.repeat(25), serial: 's' }, 'device-name-refused'],
  [{ product: 'p', serial: 's', iccid: '8.98E+18' }, 'iccid-unreadable'],
  [{ product: 'p', serial: 's', imei: 'x' }, 'imei-unreadable'],
  [{ product: 'p', serial: 's', from: 'soon' }, 'time-unreadable'],
])('a row %j is refused: %s', (row, reason) => {
  expect(devicesImport.row(cells(row as Record<string, string>), 'line 2')).toEqual({ refused: reason });
});
