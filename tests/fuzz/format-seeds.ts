import { readFileSync } from 'node:fs';
import { cdrFile, pgwRecord } from '../../server/src/modules/cards/formats/pgw-cdr-fixtures.ts';
import { call, gprsCall, transferBatch } from '../../server/src/modules/cards/formats/tap3-fixtures.ts';
import type { SourceProfile } from '../../server/src/spine/observations/source-profile.ts';

/** What a format is fuzzed from: sound files, and ways a source may declare itself. */
export interface Seeds {
  readonly files: readonly Buffer[];
  readonly profiles: readonly Partial<SourceProfile>[];
}

const CSV = [
  'iccid,imsi,time,bytesUp,bytesDown,session,apn,plmn\n8944500102198304826,262011234567890,2026-11-01T10:00:00Z,120,4500,s1,iot.example,26201\n89445001021983048261,,2026-11-01T10:05:00+02:00,1,2,s2,iot.example,310-260\n',
  '\ufefficcid;time;bytesUp\r\n8944500102198304826;2026-11-01 10:00:00;12\r\n"8944500102198304826";"2026-11-01 10:00:00";"1,5"\r\n',
  'iccid\timsi\ttime\tbytesUp\tbytesDown\n8944500102198304826\t262011234567890\t1793527200\t5\t6\n',
  'iccid,time,bytesUp\n"8944""500","a\nb",1\n8944500102198304826,2026-11-01T10:00:00Z,\\N\n',
];
const COLUMNS = {
  iccid: 'iccid',
  imsi: 'imsi',
  time: 'time',
  bytesUp: 'bytesUp',
  bytesDown: 'bytesDown',
  session: 'session',
  apn: 'apn',
  plmn: 'plmn',
};
const LEAST = { iccid: 'iccid', time: 'time', bytesUp: 'bytesUp' };
const OPTIONAL = ['imsi', 'bytesDown', 'session', 'apn', 'plmn'];

const DETAIL = [
  'Sun Nov  1 10:00:00 2026\n\tAcct-Status-Type = Interim-Update\n\t3GPP-IMSI = "262011234567890"\n\tAcct-Session-Id = "0000A1"\n\tAcct-Input-Octets = 1200\n\tAcct-Output-Octets = 90\n\tAcct-Input-Gigawords = 0\n\tCalled-Station-Id = "iot.example"\n\t3GPP-IMEISV = "3575200742653301"\n\t3GPP-User-Location-Info = 0x8262f210013a013a\n\tTimestamp = 1793527200\n\n',
  '\nSun Nov  1 10:00:00 2026\n\tAcct-Status-Type = Stop\n\tCalling-Station-Id = "4915112345678"\n\tAcct-Session-Id = "2"\n\tEvent-Timestamp = "Nov  1 2026 10:00:00 UTC"\n\tAcct-Session-Time = 77\n\n# a comment\n\nAcct-Status-Type = 1\n3GPP-IMSI = "310260123456789"\nAcct-Session-Id = "x"\n',
];

const EVENTS = [
  gprsCall({ incoming: 1_200_000, outgoing: 2_200, imei: '3575200742653301' }),
  call(10, '10'),
  call(9, '22', '20260301150200'),
  gprsCall({ incoming: 2n ** 60n, form: 'indefinite' }),
];
const TAP = [
  transferBatch(EVENTS, { charge: 200 }),
  transferBatch(EVENTS, { form: 'indefinite', tail: [Buffer.from([0, 0])] }),
  transferBatch([EVENTS[0] as Buffer, EVENTS[0] as Buffer]),
  transferBatch([]),
];

/** What the house tells itself. */
const OWN_CHECKS = Buffer.from(
  '{"id":"a/1","claim":"iccid:8944500102198304826","atMs":1793527200000,"body":{"check":"reseller","what":"never-registered"}}\n',
);

const JSON_FILES = [
  '{"sim":{"iccid":"8944500102198304826"},"imsi":262011234567890,"at":"2026-11-01T10:00:00Z","up":120,"down":4.5}\n{"sim":{"iccid":"89445001021983048261"},"at":1793527200,"up":"7","s":"s1"}\n',
  '[{"sim":{"iccid":"8944500102198304826"},"at":"2026-11-01T10:00:00Z","up":1},\n {"imsi":"262011234567890","at":"2026-11-01T10:05:00+02:00","up":2,"note":"a],[\\"{"}, 7]',
  '{\n  "sim": { "iccid": "8944500102198304826" },\n  "at": "2026-11-01 10:00:00",\n  "up": 9007199254740993\n}',
];
const MEMBERS = {
  iccid: 'sim.iccid',
  imsi: 'imsi',
  time: 'at',
  bytesUp: 'up',
  bytesDown: 'down',
  session: 's',
};

const SAMPLES = new URL('../../server/src/modules/cards/formats/samples/', import.meta.url);
const sample = (name: string): Buffer => readFileSync(new URL(name, SAMPLES));
const inArray = (lines: Buffer): Buffer =>
  Buffer.from(`[${lines.toString().trim().replaceAll('\n', ',\n')}]`);

/** A platform's sample as it came, and as one small array. */
function provided(name: string, profiles: Seeds['profiles'], extension = 'ndjson'): [string, Seeds] {
  const lines = sample(`${name}.${extension}`);
  return [name, { files: extension === 'ndjson' ? [lines, inArray(lines)] : [lines], profiles }];
}

/** Seeds by the format's name. */
export const SEEDS: ReadonlyMap<string, Seeds> = new Map<string, Seeds>([
  [
    'generic-csv',
    {
      files: CSV.map(text => Buffer.from(text)),
      profiles: [
        { mapping: { columns: COLUMNS, optional: OPTIONAL } },
        { mapping: { columns: LEAST, delimiter: ';', time: ['YYYY-MM-DD HH:mm:ss'] }, zone: 'Europe/Berlin' },
        {
          mapping: { columns: LEAST, delimiter: '\t', time: ['epoch-s', 'iso'], encoding: 'gb18030' },
          unit: 'MiB',
        },
        { mapping: { columns: { iccid: 1, time: 3, bytesUp: 4 }, headerRows: 0, nulls: ['', 'NULL'] } },
        { mapping: { columns: LEAST, headerRows: 2 }, counter: 'per-cycle' },
        {
          mapping: { columns: COLUMNS, optional: ['imsi', 'apn', 'plmn', 'bytesDown'] },
          counter: 'per-series',
        },
      ],
    },
  ],
  [
    'freeradius-detail',
    {
      files: DETAIL.map(text => Buffer.from(text)),
      profiles: [
        { counter: 'per-series' },
        { counter: 'per-series', zone: 'Asia/Shanghai', direction: 'swapped', mayStateAliases: true },
      ],
    },
  ],
  [
    'generic-json',
    {
      files: JSON_FILES.map(text => Buffer.from(text)),
      profiles: [
        { mapping: { columns: MEMBERS, time: ['iso', 'epoch-s', 'YYYY-MM-DD HH:mm:ss'] } },
        { mapping: { columns: MEMBERS }, counter: 'per-series', recordId: 'note' },
      ],
    },
  ],
  ['record-table', { files: [sample('record-table.csv')], profiles: [{}] }],
  [
    'osmo-sgsn',
    {
      files: [sample('osmo-sgsn.csv')],
      profiles: [{ counter: 'per-series' }, { counter: 'per-series', direction: 'swapped' }],
    },
  ],
  [
    'emnify-usage',
    {
      files: [sample('emnify-usage.ndjson'), inArray(sample('emnify-usage.ndjson'))],
      profiles: [{ unit: 'MB' }, { unit: 'MiB', direction: 'swapped' }],
    },
  ],
  provided('emnify-events', [{}]),
  provided('1nce-sims', [{ unit: 'MB' }, { unit: 'MiB', direction: 'swapped' }]),
  provided('soracom', [{}, { direction: 'swapped' }]),
  provided('hologram', [{ zone: 'America/Chicago' }, {}], 'json'),
  provided('twilio-supersim', [{}, { counter: 'per-series' }]),
  provided('telnyx', [{ unit: 'MB' }, { unit: 'MiB' }]),
  provided('onomondo', [{}, { zone: 'Europe/Copenhagen' }]),
  provided('wavely', [{}, { direction: 'swapped', zone: 'Europe/Copenhagen' }]),
  provided('connectedyou', [{}, { unit: 'kB' }, { unit: 'KiB' }]),
  provided('cisco-control-center', [{ counter: 'per-cycle' }]),
  provided('onelink', [
    { counter: 'per-cycle', unit: 'KiB', zone: 'Asia/Shanghai' },
    { counter: 'delta', unit: 'kB', zone: 'Asia/Shanghai' },
  ]),
  provided('huawei-gsl', [{ counter: 'per-cycle', unit: 'MiB' }]),
  provided('camara-events', [{}]),
  provided('linkcard', [{ unit: 'KiB' }, { unit: 'MB', counter: 'per-cycle' }]),
  [
    'pgw-cdr',
    {
      files: [
        sample('pgw-cdr.cdr'),
        Buffer.concat([
          pgwRecord({ traffic: [[1, 2]] }),
          pgwRecord({ service: [[3, 4]], isIndefinite: true }),
        ]),
        cdrFile([pgwRecord(), pgwRecord({ traffic: [[2n ** 60n, 1]] })], { isLong: true, filter: 'x' }),
      ],
      profiles: [{}, { direction: 'swapped' }],
    },
  ],
  ...[
    ...['card-check', 'duty-check', 'staff-check'],
    ...['device-telemetry', 'device-connection', 'device-audit'],
  ].map((name): [string, Seeds] => [name, { files: [OWN_CHECKS], profiles: [{}] }]),
  ['tap3', { files: TAP, profiles: [{}, { zone: 'Asia/Shanghai', direction: 'swapped' }] }],
]);
