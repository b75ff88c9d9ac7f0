import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { effort } from '../../../../../tests/prove.ts';
import { samplePath } from '../../../../../tests/samples.ts';
import type { SourceProfile } from '../../../spine/observations/source-profile.ts';
import { type Draw, draws, FUZZ_COLUMNS, fuzzedFile } from './csv-fuzz.ts';
import { PlainRow } from './csv-scanner.ts';
import { genericCsv, genericCsvUnscanned } from './generic-csv.ts';
import { readWhole, written } from './reading-aids.ts';

const PATTERNS = [
  ['iso'],
  ['iso', 'epoch-s'],
  ['epoch-s', 'iso'],
  ['epoch-ms'],
  ['epoch-us'],
  ['DD/MM/YYYY HH:mm', 'iso'],
  ['YYYY-MM-DD HH:mm:ss', 'iso'],
  ['YYYY-MM-DDTHH:mm:ssZ', 'epoch-s'],
];
const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Shanghai', 'America/St_Johns', '+0530', 'Africa/Monrovia'];

afterEach(() => {
  vi.restoreAllMocks();
});

/** A way of reading, drawn: some columns, and a mapping and profile for them. */
function drawn(draw: Draw) {
  const columns = FUZZ_COLUMNS.filter(([name]) => name === 'iccid' || name === 'time' || draw(2) === 0);
  const delimiter = [',', ';', '\t', '|'][draw(4)] as string;
  const isByNumber = draw(6) === 0;
  const mapping = {
    columns: Object.fromEntries(columns.map(([name], i) => [name, isByNumber ? i + 1 : name])),
    headerRows: isByNumber ? 0 : 1,
    delimiter,
    nulls: [[''], ['', '\\N'], ['NULL', '0', ''], ['\\N']][draw(4)],
    time: PATTERNS[draw(PATTERNS.length)],
    services: { data: 'data', dat: 'other' },
    encoding: delimiter !== '|' && draw(5) === 0 ? 'gb18030' : 'utf-8',
  };
  const has = (name: string): boolean => columns.some(([column]) => column === name);
  const counters = has('session')
    ? (['delta', 'per-series', 'per-cycle'] as const)
    : (['delta', 'per-cycle'] as const);
  const profile: Partial<SourceProfile> = {
    mapping,
    zone: ZONES[draw(ZONES.length)] as string,
    unit: (['B', 'B', 'kB', 'KiB', 'MB', 'MiB'] as const)[draw(6)] as SourceProfile['unit'],
    direction: draw(4) === 0 ? 'swapped' : 'as-standard',
    counter: counters[draw(counters.length)] as SourceProfile['counter'],
  };
  return { columns, delimiter, profile };
}

describe('the byte scanner', () => {
  it('answers as the complete parser does for every generated row, whole or in slices', async () => {
    const taken = vi.spyOn(PlainRow.prototype, 'take');
    const wanted = effort(3_000, 100_000);
    let rows = 0;
    let read = 0;
    for (let seed = 1; rows < wanted; seed++) {
      const draw = draws(seed);
      const { columns, delimiter, profile } = drawn(draw);
      const file = fuzzedFile(draw, columns, 120, delimiter);
      const slice = [1 + draw(40), 1_000, 65_536][draw(3)] as number;
      const scanned = await readWhole(genericCsv, file, profile, slice);
      const complete = await readWhole(genericCsvUnscanned, file, profile, 65_536);
      expect(written(scanned), `seed ${seed}`).toBe(written(complete));
      rows += complete.cuts.length;
      read += complete.readings.length;
    }
    // Both ways were taken, many times: neither an idle scanner nor one that only met plain rows proves anything.
    expect(taken.mock.calls.length).toBeGreaterThan(wanted / 5);
    expect(read - taken.mock.calls.length).toBeGreaterThan(wanted / 20);
    expect(rows - read).toBeGreaterThan(wanted / 20);
  });

  it('takes every row of a plain file, and none of a quoted one', async () => {
    const taken = vi.spyOn(PlainRow.prototype, 'take');
    const profile = { mapping: { columns: { iccid: 'icc', time: 't', bytesUp: 'up' } } };
    const plain = Array.from({ length: 500 }, (_, i) => `8944500102198304826,2026-11-01T10:00:00Z,${i}\r\n`);
    await readWhole(genericCsv, Buffer.from(`icc,t,up\r\n${plain.join('')}`), profile);
    expect(taken).toHaveBeenCalledTimes(500);
    const quoted = plain.map(line => `"${line.replace(',', '",')}`);
    const { readings } = await readWhole(genericCsv, Buffer.from(`icc,t,up\r\n${quoted.join('')}`), profile);
    expect(readings).toHaveLength(500);
    expect(taken).toHaveBeenCalledTimes(500);
  });

  it('hands out bytes and texts that stay what they were when the stream goes on', async () => {
    const file = Buffer.from(
      `icc,t,up,s\n${Array.from({ length: 3_000 }, (_, i) => `8944500102198304826,2026-11-01T10:00:00Z,${i},session-number-${i}\n`).join('')}`,
    );
    const profile = { mapping: { columns: { iccid: 'icc', time: 't', bytesUp: 'up', session: 's' } } };
    async function* reused(): AsyncGenerator<Uint8Array> {
      const slice = Buffer.alloc(4_096);
      for (let at = 0; at < file.length; at += slice.length) yield slice.subarray(0, file.copy(slice, 0, at));
    }
    const { plainProfile } = await import('../../../spine/observations/source-profile.ts');
    const cuts = await Array.fromAsync(genericCsv.read(reused(), { ...plainProfile, ...profile }));
    const fed = await readWhole(genericCsvUnscanned, file, profile);
    expect(cuts).toEqual(fed.cuts);
  });
});

describe.skipIf(samplePath('cards/inventory') === null)('the sample lists of cards', () => {
  for (const [name, iccid, time] of [
    ['iotos-os_card', 'iccid', 'open_date'],
    ['iotos-os_card_info', 'iccid', 'activate_date'],
    ['ukama-SimPool', 'ICCID', 'ICCID'],
  ] as const) {
    it(`${name} is read alike with and without the scanner`, async () => {
      const file = readFileSync(samplePath(`cards/inventory/${name}.csv`) ?? '');
      const profile = {
        mapping: {
          columns: { iccid, time, imsi: 'imsi', msisdn: 'msisdn' },
          optional: ['time', 'imsi', 'msisdn'],
        },
      };
      const scanned = await readWhole(genericCsv, file, profile);
      expect(scanned.cuts.length).toBeGreaterThan(0);
      expect(written(scanned)).toBe(written(await readWhole(genericCsvUnscanned, file, profile)));
    });
  }
});
