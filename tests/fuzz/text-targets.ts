import { readCursor, writeCursor } from '../../server/src/api/paging.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { readCardClasses } from '../../server/src/modules/cards/card-classes.ts';
import { readDeviceModels } from '../../server/src/modules/cards/device-models.ts';
import { decode, measure } from '../../server/src/modules/cards/formats/ber.ts';
import { parseMapping } from '../../server/src/modules/cards/formats/csv-mapping.ts';
import { patternFault, timeReader } from '../../server/src/modules/cards/formats/time-pattern.ts';
import { userLocationFromText } from '../../server/src/modules/cards/formats/user-location.ts';
import { readClaim } from '../../server/src/modules/cards/identifiers/claims.ts';
import { readImei } from '../../server/src/modules/cards/identifiers/imei.ts';
import { readPlmn } from '../../server/src/modules/cards/identifiers/plmn.ts';
import { readClockCatalogue } from '../../server/src/spine/clocks/catalogue.ts';
import { disturbed, disturbedText, disturbedValue, noise, pick } from './disturb.ts';
import { SEEDS } from './format-seeds.ts';
import { holds, refusedOr, type Target, target } from './target.ts';

const refused =
  (code: string) =>
  (error: unknown): boolean =>
    isRefusal(error) && error.code === code;

const NUMBERS: Readonly<Record<'iccid' | 'imsi' | 'eid' | 'msisdn', readonly string[]>> = {
  iccid: ['8944500102198304826', '89445001021983048261', '98440510209138408062', '8986 0321-1234 5678 901F'],
  imsi: ['262011234567890', '310260123456789', '46000123456789'],
  eid: ['89049032000001000000128255260243', '89 0490 32000001000000128255260243'],
  msisdn: ['+49 151 12345678', '4915112345678', '1064912345678', '0049-151-1234567'],
};

/** What is read as a card's identifier is read as the same once more, and holds nothing but its characters. */
const identifierTargets: readonly Target[] = (['iccid', 'imsi', 'eid', 'msisdn'] as const).map(kind =>
  target(
    kind,
    draw => disturbedText(draw, NUMBERS[kind]),
    text => {
      const read = readClaim(kind, text);
      if ('fault' in read) return holds(read.fault !== '', 'refused without a reason');
      const value = read.claim.slice(kind.length + 1);
      holds(/^[0-9A-F]{1,32}$/.test(value), `${kind} ${JSON.stringify(value)}`);
      const again = readClaim(kind, value);
      holds('claim' in again && again.claim === read.claim, `${value} is read again otherwise`);
    },
  ),
);

const MAPPINGS = SEEDS.get('generic-csv')?.profiles.map(profile => profile.mapping) ?? [];
const PATTERNS = ['iso', 'epoch-s', 'epoch-ms', 'YYYY-MM-DD HH:mm:ss', 'DD/MM/YYYY HH:mm', 'YYYYMMDDHHmmssZ'];
const TIMES = [
  '2026-11-01T10:00:00Z',
  '1793527200',
  '2026-10-25 02:30:00',
  '01/11/2026 10:00',
  '20261101100000+0800',
];
const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Shanghai', '+0530', 'America/St_Johns'];
const BER = SEEDS.get('tap3')?.files ?? [];

/** Catalogues as short as they can be: most of a text's bytes then matter. */
const CLASSES = `urn: urn:x:classes
version: 2026.1
title: { en: a, zh: a }
standing: house
inForce: { from: 2026-01-01T00:00:00+08:00, to: null }
source: [{ title: a, clause: b, standing: read }]
every: { cardsPerImei: 3, emergencyPeers: ['112'] }
classes:
  - { id: other, title: { en: a, zh: a }, terms: {} }
  - { id: meter, title: { en: a, zh: a }, terms: { smsAllowed: false, speedKmh: 400, burstBytes: 5000 } }
`;
const CLOCKS = `urn: urn:x:clocks
version: 2026.1
title: { en: a, zh: a }
inForce: { from: 2022-12-01, to: null }
standing: house
source: [{ title: a }]
zone: Asia/Shanghai
calendars:
  - { id: c, version: 1, title: { en: a, zh: a }, source: { title: a }, standing: house, loaded: { from: 2026-01-01, to: 2026-12-31 }, holidays: [{ from: 2026-01-01, to: 2026-01-03 }], workingWeekends: [2026-01-04] }
clocks:
  - { id: k, title: { en: a, zh: a }, appliesTo: { subjectKinds: [card] }, starts: case-opened, length: { n: 3, unit: working-days }, calendar: c, meets: [case-closed], basis: { law: a, clause: b, says: { en: a, zh: a } }, standing: house, pauses: [], onward: [{ en: a, zh: a }] }
`;

/** Identifiers, mappings, times, catalogues, cursors: whatever is one text. */
export const TEXT_TARGETS: readonly Target[] = [
  ...identifierTargets,
  target(
    'imei',
    draw =>
      disturbedText(draw, ['357520074265330', '35-752007-426533-01', '3575200742653301', 'A0000012345678']),
    text => {
      const read = readImei(text);
      if (!('fault' in read)) holds(/^\d{14}$/.test(read.key), `key ${read.key}`);
    },
  ),
  target(
    'plmn',
    draw => disturbedText(draw, ['26201', '310-260', '310260', '460 00']),
    text => void readPlmn(text),
  ),
  target(
    'user-location',
    draw =>
      draw(2) === 0
        ? `0x${noise(draw, 20).toString('hex')}`
        : disturbedText(draw, ['0x8262f210013a013a', '8262f2100001', '130062f2100001']),
    text => void userLocationFromText(text),
  ),
  target(
    'time-pattern',
    draw => ({
      pattern: draw(2) === 0 ? pick(draw, PATTERNS) : disturbedText(draw, PATTERNS),
      text: draw(2) === 0 ? pick(draw, TIMES) : disturbedText(draw, TIMES),
      zone: pick(draw, ZONES),
    }),
    ({ pattern, text, zone }) => {
      if (patternFault(pattern) !== null) return;
      const read = timeReader([pattern], zone)(text);
      const ms: unknown = read !== null && typeof read === 'object' && 'ms' in read ? read.ms : 0;
      holds(Number.isSafeInteger(ms), `${text} by ${pattern} is ${String(ms)}`);
    },
  ),
  target(
    'csv-mapping',
    draw => disturbedValue(draw, pick(draw, MAPPINGS)),
    mapping => {
      const { faults } = parseMapping(mapping);
      holds(
        faults.every(fault => fault !== ''),
        'a fault without a sentence',
      );
    },
  ),
  target(
    'ber',
    draw => (draw(4) === 0 ? noise(draw, 200) : disturbed(draw, BER)),
    bytes => {
      const size = measure(bytes, 0, bytes.length);
      if (typeof size === 'number')
        holds(size > 0 && size <= bytes.length, `measured ${size} of ${bytes.length}`);
      const decoded = decode(bytes, 0, bytes.length);
      if (!('fault' in decoded))
        holds(decoded.next > 0 && decoded.next <= bytes.length, `ends at ${decoded.next} of ${bytes.length}`);
    },
  ),
  target(
    'device-models',
    draw =>
      disturbedText(draw, ['tac,kind\n35752007,module\n35209900,handset\n', '\ufeffKIND;TAC\nrouter;1\n']),
    text => {
      for (const [tac, kind] of readDeviceModels([text])) holds(/^\d{8}$/.test(tac) && kind !== '', tac);
    },
  ),
  target(
    'card-classes',
    draw => disturbedText(draw, [CLASSES]),
    text => void refusedOr(refused('card-classes-invalid'), () => readCardClasses(text, 'fuzzed')),
  ),
  target(
    'clock-catalogue',
    draw => disturbedText(draw, [CLOCKS]),
    text => void refusedOr(refused('clock-catalogue-invalid'), () => readClockCatalogue(text, 'fuzzed')),
  ),
  target(
    'cursor',
    draw =>
      draw(2) === 0
        ? disturbedText(draw, [writeCursor([1, 'a']), writeCursor(['x', 2 ** 40])])
        : Buffer.from(JSON.stringify(disturbedValue(draw, [1, 'a'])) ?? '').toString('base64url'),
    text => {
      const read = refusedOr(refused('cursor-invalid'), () => readCursor(text, ['number', 'string']));
      if (read !== null) holds(Number.isSafeInteger(read[0]) && typeof read[1] === 'string', 'another shape');
    },
  ),
];
