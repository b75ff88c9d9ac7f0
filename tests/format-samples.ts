import { readFileSync } from 'node:fs';
import type { SourceProfile } from '../server/src/spine/observations/source-profile.ts';

const FOLDER = new URL('../server/src/modules/cards/formats/samples/', import.meta.url);

/** The sample of a format: its file, what the source that sends it declares, and what becomes of its records. */
export interface Sample {
  readonly format: string;
  readonly file: string;
  readonly profile: Partial<SourceProfile>;
  readonly accepted: number;
  readonly quarantined: number;
}

const CYCLE = { counter: 'per-cycle' } as const;
const SESSION = { counter: 'per-series' } as const;

/** One for every format; a format without one fails a test (`modules/cards/formats/all.test.ts`). */
export const SAMPLES: readonly Sample[] = [
  sample('tap3', 'tap3.ber', {}, 4),
  sample('pgw-cdr', 'pgw-cdr.cdr', {}, 3),
  sample('freeradius-detail', 'freeradius-detail.detail', SESSION, 3),
  sample('osmo-sgsn', 'osmo-sgsn.csv', SESSION, 8),
  sample('emnify-usage', 'emnify-usage.ndjson', { unit: 'MB' }, 3),
  sample('emnify-events', 'emnify-events.ndjson', {}, 6, 1),
  sample('1nce-sims', '1nce-sims.ndjson', { unit: 'MB' }, 7, 1),
  sample('soracom', 'soracom.ndjson', {}, 6),
  sample('hologram', 'hologram.json', { zone: 'America/Chicago' }, 3),
  sample('twilio-supersim', 'twilio-supersim.ndjson', {}, 4, 1),
  sample('telnyx', 'telnyx.ndjson', { unit: 'MB' }, 3, 1),
  sample('onomondo', 'onomondo.ndjson', { zone: 'Europe/Copenhagen' }, 6),
  sample('wavely', 'wavely.ndjson', { zone: 'Europe/Copenhagen' }, 7),
  sample('connectedyou', 'connectedyou.ndjson', { unit: 'kB' }, 3),
  sample('cisco-control-center', 'cisco-control-center.ndjson', CYCLE, 5),
  sample('onelink', 'onelink.ndjson', { ...CYCLE, unit: 'KiB', zone: 'Asia/Shanghai' }, 7, 3),
  sample('huawei-gsl', 'huawei-gsl.ndjson', { ...CYCLE, unit: 'MiB', zone: 'Asia/Shanghai' }, 4),
  sample('linkcard', 'linkcard.ndjson', { unit: 'KiB', zone: 'Asia/Shanghai' }, 4),
  sample('camara-events', 'camara-events.ndjson', {}, 2, 1),
  sample('generic-csv', 'onelink-day.csv', { unit: 'KiB', zone: 'Asia/Shanghai', mapping: 'onelink-day' }, 3),
  sample('generic-json', 'generic-json.ndjson', { mapping: 'generic-json' }, 2, 1),
  sample('record-table', 'record-table.csv', {}, 3),
];

export function sampleBytes({ file }: Sample): Buffer {
  return readFileSync(new URL(file, FOLDER));
}

function sample(
  format: string,
  file: string,
  profile: Partial<SourceProfile>,
  accepted: number,
  quarantined = 0,
): Sample {
  const { mapping } = profile;
  if (mapping === undefined) return { format, file, profile, accepted, quarantined };
  const text = readFileSync(new URL(`${String(mapping)}.mapping.json`, FOLDER), 'utf8');
  return {
    ...{ format, file, accepted, quarantined },
    profile: { ...profile, mapping: JSON.parse(text) as unknown },
  };
}
