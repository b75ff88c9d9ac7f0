import { parse } from 'yaml';
import { Refusal } from '../../../kernel/refusal.ts';
import { DAY_MS, HOUR_MS } from '../../../kernel/time.ts';
import type { DeviceCode } from '../codes.ts';

/** The checks that this house can carry out; the catalogue says which are on and how strict. */
export const CHECK_IDS = [
  'device-certificate-ending',
  'device-certificate-age',
  'device-certificate-key',
  'device-key-shared',
  'authority-certificate-ending',
  'authority-key',
  'claim-too-wide',
  'list-overdue',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Check {
  readonly id: CheckId;
  readonly title: { readonly en: string; readonly zh: string };
  readonly severity: Severity;
  readonly isOn: boolean;
  /** How far it looks ahead or back; 0 where it does neither. */
  readonly spanMs: number;
  /** Names of the checks of AWS IoT Device Defender that it stands for. */
  readonly aws: readonly string[];
}

export interface Checks {
  readonly everyMs: number;
  readonly all: ReadonlyMap<CheckId, Check>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the catalogue of checks. Throws a `Refusal` that names file, check and field at fault. */
export function readChecks(catalogues: ReadonlyMap<string, string>): Checks {
  const all = new Map<CheckId, Check>();
  let everyMs = 24 * HOUR_MS;
  for (const [name, text] of catalogues) {
    const top = (parse(text) ?? {}) as Fields;
    everyMs = whole(top['everyHours'], 1, 24 * 31, () => invalid(name, 'catalogue', 'everyHours')) * HOUR_MS;
    if (!Array.isArray(top['checks'])) throw invalid(name, 'catalogue', 'checks');
    for (const entry of top['checks'] as Fields[]) {
      const check = checkOf(entry, name);
      if (all.has(check.id)) throw invalid(name, check.id, 'twice');
      all.set(check.id, check);
    }
  }
  for (const id of CHECK_IDS) if (!all.has(id)) throw invalid('device-audits', id, 'missing');
  return { everyMs, all };
}

/** The reader of one catalogue, for the check of the shelves. */
export function readCheckCatalogue(text: string, name: string): Checks {
  return readChecks(new Map([[name, text]]));
}

function checkOf(entry: Fields, name: string): Check {
  const id = String(entry['id']);
  const no = (field: string) => invalid(name, id, field);
  const { en, zh } = (entry['title'] ?? {}) as Fields;
  if (!(CHECK_IDS as readonly string[]).includes(id)) throw no('id');
  if (typeof en !== 'string' || typeof zh !== 'string') throw no('title');
  if (!(SEVERITIES as readonly unknown[]).includes(entry['severity'])) throw no('severity');
  if (typeof entry['isOn'] !== 'boolean') throw no('isOn');
  const aws = entry['aws'];
  if (!Array.isArray(aws) || !aws.every(each => /^[A-Z0-9_]+_CHECK$/.test(String(each)))) throw no('aws');
  const days = entry['days'] === undefined ? 0 : whole(entry['days'], 1, 3_652, () => no('days'));
  return {
    ...{ id: id as CheckId, title: { en, zh }, severity: entry['severity'] as Severity },
    ...{ isOn: entry['isOn'], spanMs: days * DAY_MS, aws: aws.map(String) },
  };
}

function whole(value: unknown, least: number, most: number, no: () => Error): number {
  if (!Number.isInteger(value) || Number(value) < least || Number(value) > most) throw no();
  return Number(value);
}

function invalid(file: string, check: string, field: string): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>('checks-invalid', { subject: file, detail: { entry: check, field } });
}
