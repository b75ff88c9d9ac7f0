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
  expect(registrations.map(each => each.do)).toEqual(['subject', 'subject', 'alias', 'link', 'link', 'fact']);
  expect(registrations[2]).toMatchObject({ reference: 'meter-3:A1', claim: 'device:meter-3:A1' });
  expect(registrations[4]).toMatchObject({
    linkKind: 'carries',
    replaces: true,
    fromMs: Date.UTC(2026, 10, 1),
    to: { kind: 'card' },
  });
  expect(registrations[5]).toMatchObject({
    ...{ factKind: 'carried-card', fromMs: Date.UTC(2026, 10, 1) },
    body: { iccid: expect.stringMatching(/^8986001234567890123/) },
  });
});

it('a device becomes rows again, one for each moment its card or modem changed, and those register the same', () => {
  const common = { product: 'meter-3', serial: 'A1' };
  const from = '2026-11-01T00:00:00.000Z';
  const fromMs = Date.parse(from);
  const always = { fromMs: -Number.MAX_SAFE_INTEGER, toMs: Number.MAX_SAFE_INTEGER };
  const card = { ...always, kind: 'carries', direction: 'to', subjectKind: 'card' };
  const rows = devicesImport.rowsOf?.read({
    ...{ reference: 'meter-3:A1', attributes: { imei: '357520074265338' }, aliases: [] },
    links: [
      { ...card, reference: '8986001234567890123', toMs: fromMs },
      { ...card, reference: '8986009876543210987', fromMs },
    ],
    facts: [{ ...always, kind: 'modem', body: { imei: '35752007426533' } }],
  });
  expect(rows).toEqual([
    expect.objectContaining({ ...common, iccid: '8986001234567890123', imei: '35752007426533', from: '' }),
    expect.objectContaining({ ...common, iccid: '8986009876543210987', imei: '', from }),
  ]);
  const again = devicesImport.row(cells(rows?.[1] as Record<string, string>), 'line 3');
  const link =
    'registrations' in again
      ? again.registrations.find(each => 'replaces' in each && each.linkKind === 'carries')
      : null;
  expect(link).toMatchObject({ fromMs, to: { reference: '8986009876543210987' } });
});

it.each([
  ['89860012345678901239', '89860012345678901239'],
  ['8986001234567890123', '8986001234567890123'],
  ['79927398710000000004', '7992739871000000000'],
])('a card %s goes by %s, as the room of cards writes it', (iccid, reference) => {
  const row = devicesImport.row(cells({ product: 'p', serial: 's', iccid }), 'line 2');
  const link = 'registrations' in row ? row.registrations.at(-2) : undefined;
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
