import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { profileNamed, readProfileCatalogue } from './profiles.ts';

const TEXT = readFileSync(
  new URL('../../../../../content/catalogues/certificate-profiles/devices.yaml', import.meta.url),
  'utf8',
);

it('the profiles that ship are read, and none serves for another bearer', () => {
  const profiles = readProfileCatalogue(TEXT, 'devices');
  expect(profileNamed(profiles, 'device', 'device').purposes).toEqual(['client-auth']);
  expect(() => profileNamed(profiles, 'issuing', 'device')).toThrow('profile-unknown');
  expect(() => profileNamed(profiles, 'none', 'device')).toThrow('profile-unknown');
});

it.each([
  ['validDays: 365', 'validDays: 0', 'validDays'],
  ['validDays: 365', 'validDays: many', 'validDays'],
  ['backdateMinutes: 60', 'backdateMinutes: 100000', 'backdateMinutes'],
  ['keyTypes: [ec-p256, ec-p384, ed25519, rsa-2048', 'keyTypes: [ec-p256, dsa', 'keyTypes'],
  ['purposes: [client-auth]', 'purposes: [ocsp-signing]', 'purposes'],
  ['purposes: [client-auth]', 'purposes: []', 'purposes'],
  ['usages: [digital-signature]', 'usages: [digital-signature, key-cert-sign]', 'usages'],
  ['for: device', 'for: anybody', 'for'],
  ['id: device-server', 'id: device', 'twice'],
  ['crlHours: 24', 'crlHours: 0', 'crlHours'],
])('a catalogue with %s made %s is refused by name: %s', (from, to, field) => {
  expect(TEXT).toContain(from);
  try {
    readProfileCatalogue(TEXT.replace(from, to), 'devices');
    expect.unreachable();
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'profiles-invalid', detail: { field } });
  }
});
