import { parse } from 'yaml';
import { Refusal } from '../../../kernel/refusal.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../kernel/time.ts';
import type { DeviceCode } from '../codes.ts';
import { KEY_TYPES, type KeyType } from '../x509/algorithms.ts';
import { PURPOSES, USAGES } from '../x509/extensions.ts';

/** Whom a profile is for. */
export const BEARERS = ['device', 'claim', 'root', 'issuing', 'responder'] as const;
export type Bearer = (typeof BEARERS)[number];

/** What a certificate of a kind says besides its subject and key. */
export interface Profile {
  readonly id: string;
  readonly for: Bearer;
  readonly title: { readonly en: string; readonly zh: string };
  readonly validMs: number;
  /** How far in the past a certificate begins, for clocks that are slow (I-13). */
  readonly backdateMs: number;
  readonly keyTypes: readonly KeyType[];
  readonly usages: readonly string[];
  readonly purposes: readonly string[];
}

/** Everything the catalogues of profiles say. */
export interface Profiles {
  readonly all: ReadonlyMap<string, Profile>;
  readonly crlMs: number;
  readonly deltaMs: number;
  readonly ocspMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the catalogues of profiles. Throws a `Refusal` that names file, entry and field at fault. */
export function readProfiles(catalogues: ReadonlyMap<string, string>): Profiles {
  const all = new Map<string, Profile>();
  let told = { crlMs: DAY_MS, deltaMs: 6 * HOUR_MS, ocspMs: HOUR_MS };
  for (const [name, text] of catalogues) {
    const top = (parse(text) ?? {}) as Fields;
    if (!Array.isArray(top['profiles'])) throw invalid(name, 'profiles', 'no list');
    for (const entry of top['profiles'] as Fields[]) {
      const profile = profileOf(entry, name);
      if (all.has(profile.id)) throw invalid(name, profile.id, 'twice');
      all.set(profile.id, profile);
    }
    if (top['told'] !== undefined) told = toldOf(top['told'] as Fields, name);
  }
  return { all, ...told };
}

/** The reader of one catalogue, for the check of the shelves. */
export function readProfileCatalogue(text: string, name: string): Profiles {
  return readProfiles(new Map([[name, text]]));
}

/** The profile of that name for that bearer. Refuses `profile-unknown`. */
export function profileNamed(profiles: Profiles, id: string, bearer: Bearer): Profile {
  const found = profiles.all.get(id);
  if (found?.for !== bearer) throw new Refusal<DeviceCode>('profile-unknown', { detail: { profile: id } });
  return found;
}

function profileOf(entry: Fields, name: string): Profile {
  const id = String(entry['id']);
  const { en, zh } = (entry['title'] ?? {}) as Fields;
  const no = (field: string) => invalid(name, id, field);
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(id)) throw no('id');
  if (typeof en !== 'string' || typeof zh !== 'string') throw no('title');
  if (!(BEARERS as readonly unknown[]).includes(entry['for'])) throw no('for');
  const profile: Profile = {
    id,
    for: entry['for'] as Bearer,
    title: { en, zh },
    validMs: numberIn(entry['validDays'], 1, 18_250, () => no('validDays')) * DAY_MS,
    backdateMs: numberIn(entry['backdateMinutes'], 0, 1_440, () => no('backdateMinutes')) * MINUTE_MS,
    keyTypes: wordsIn(entry['keyTypes'], KEY_TYPES, () => no('keyTypes')) as KeyType[],
    usages: wordsIn(entry['usages'], Object.keys(USAGES), () => no('usages')),
    purposes: wordsIn(entry['purposes'], Object.keys(PURPOSES), () => no('purposes')),
  };
  if (profile.keyTypes.length === 0) throw no('keyTypes');
  const signs = profile.usages.includes('key-cert-sign');
  if (signs !== (profile.for === 'root' || profile.for === 'issuing')) throw no('usages');
  if (profile.purposes.includes('ocsp-signing') !== (profile.for === 'responder')) throw no('purposes');
  if ((profile.for === 'device' || profile.for === 'claim') && profile.purposes.length === 0)
    throw no('purposes');
  return profile;
}

function toldOf(told: Fields, name: string) {
  const number = (field: string, most: number) =>
    numberIn(told[field], 1, most, () => invalid(name, 'told', field));
  return {
    crlMs: number('crlHours', 24 * 31) * HOUR_MS,
    deltaMs: number('deltaHours', 24 * 7) * HOUR_MS,
    ocspMs: number('ocspMinutes', 60 * 24 * 7) * MINUTE_MS,
  };
}

function numberIn(value: unknown, least: number, most: number, no: () => Error): number {
  if (!Number.isInteger(value) || Number(value) < least || Number(value) > most) throw no();
  return Number(value);
}

function wordsIn(value: unknown, known: readonly string[], no: () => Error): string[] {
  if (!Array.isArray(value) || !value.every(each => known.includes(String(each)))) throw no();
  return value.map(String);
}

function invalid(file: string, entry: string, field: string): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>('profiles-invalid', { subject: file, detail: { entry, field } });
}
