import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient } from '../api-client.ts';
import { samplePath } from '../samples.ts';
import { type Held, type IntakeDesk, type Items, openDesk, refusalOf } from './intake-desk.ts';

/**
 * The main job on real tables and accounting records, through the running server: inventories and usage tables
 * of card platforms with the mappings their user would write, documented usage records brought to CSV, and
 * FreeRADIUS records. Everything balances to the record, and the totals are those of the files.
 * Each test goes on where the one before it ended.
 */
const CARDS = samplePath('cards');
const isHere = ['inventory', 'wavely', 'operator-examples', 'radius', 'reference'].every(
  name => samplePath(`cards/${name}`) !== null,
);

let desk: IntakeDesk;
let api: ApiClient;
beforeAll(async () => {
  if (!isHere) return;
  desk = await openDesk();
  api = desk.api;
});
afterAll(() => desk?.close());

const bytesOf = (name: string) => new Uint8Array(readFileSync(`${CARDS}/${name}`));
const textOf = (name: string) => readFileSync(`${CARDS}/${name}`, 'utf8');
const jsonOf = <T>(name: string) => JSON.parse(textOf(name)) as T;

type Row = Readonly<Record<string, string>>;
/** The rows of a table by another reader of CSV. */
const rowsOf = (name: string): Row[] =>
  parse(bytesOf(name) as Buffer, { columns: true, bom: true, relax_column_count: true });
/** A decimal number of megabytes as bytes, exactly. */
function bytesOfMb(text: string): number {
  const [whole = '', part = ''] = text.split('.');
  return Number(whole) * 1_000_000 + Number(part.padEnd(6, '0'));
}
/** A card's reference: a printed number of 20 digits loses the last when that is the check digit of the others. */
function keyOf(iccid: string): string {
  const digits = [...iccid].reverse().map(Number);
  const doubled = digits.map((digit, i) =>
    i % 2 === 0 ? digit : Math.floor(digit / 5) + ((2 * digit) % 10),
  );
  return iccid.length === 20 && sum(doubled) % 10 === 0 ? iccid.slice(0, 19) : iccid;
}
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

interface Report {
  readonly rows: number;
  readonly registered: number;
  readonly unchanged: number;
  readonly refusedCount: number;
  readonly refused: readonly { readonly place: string; readonly reason: string }[];
  readonly contestedCount: number;
}
interface Subject {
  readonly reference: string;
  readonly attributes: Readonly<Record<string, string>>;
}
const subjectOf = async (claim: string) => {
  const { items } = await api.get<Items<Subject>>(`/subjects?kind=card&claim=${claim}`);
  expect([claim, items.length]).toEqual([claim, 1]);
  return items[0]!;
};

const UKAMA = {
  columns: { iccid: 'ICCID', msisdn: 'MSISDN', smdp_address: 'SmDpAddress', is_physical: 'IsPhysical' },
  ignored: ['ActivationCode', 'QrCode'],
};
const IOTOS_COLUMNS = {
  owner: 'dept_id',
  channel: 'channel_id',
  provider_status: 'status_id',
  activated: 'activate_date',
  used_mb: 'c_used',
  residual_mb: 'c_left',
};
/** What the tables of that platform have besides. */
const iotosIgnored = (name: string, wanted: readonly string[]) =>
  Object.keys(rowsOf(name)[0]!).filter(column => !wanted.includes(column));
const iotos = (name: string) => ({
  columns: IOTOS_COLUMNS,
  ignored: iotosIgnored(name, ['iccid', 'msisdn', 'imsi', 'imei', ...Object.values(IOTOS_COLUMNS)]),
});

describe.skipIf(!isHere)('sample inventories', () => {
  test('are refused without a mapping, with the names that are not ours, and nothing is registered', async () => {
    const refused = await refusalOf(api.importTable('cards', bytesOf('inventory/ukama-SimPool.csv')));
    expect(refused).toMatchObject({
      status: 422,
      code: 'import-columns',
      facts: {
        missing: 'iccid',
        unknown: 'ICCID, MSISDN, SmDpAddress, ActivationCode, IsPhysical, QrCode',
      },
    });
    expect(refused.title).toContain('SmDpAddress');
    expect((await api.get<Items<Subject>>('/subjects?kind=card')).items).toEqual([]);
  });

  test.each([
    ['inventory/ukama-SimPool.csv', UKAMA, { rows: 3, registered: 3 }],
    ['inventory/iotos-os_card.csv', 'iotos', { rows: 7, registered: 6 }],
    ['inventory/iotos-os_card_info.csv', 'iotos', { rows: 7, registered: 6 }],
  ])('%s balances to the row, and changes nothing the second time', async (name, mapping, wanted) => {
    const used = typeof mapping === 'string' ? iotos(name) : mapping;
    const refused = wanted.rows - wanted.registered;
    const report = await api.importTable<Report>('cards', bytesOf(name), used);
    expect(report).toMatchObject({ ...wanted, unchanged: 0, refusedCount: refused, contestedCount: 0 });
    expect(report.rows).toBe(rowsOf(name).length);
    // A second row of Chinese names is no card.
    expect(report.refused.map(each => [each.place, each.reason])).toEqual(
      refused === 0 ? [] : [['line 2', 'header-row: the row holds column names']],
    );
    expect(await api.importTable('cards', bytesOf(name), used)).toMatchObject({
      registered: 0,
      unchanged: wanted.registered,
      refusedCount: refused,
    });
  });

  test('every card is found by each of its identifiers, kept as text, with what its table says', async () => {
    for (const row of rowsOf('inventory/ukama-SimPool.csv')) {
      const subject = await subjectOf(`iccid:${row['ICCID']}`);
      expect(subject).toMatchObject({
        reference: row['ICCID'],
        attributes: { smdpAddress: row['SmDpAddress'] },
      });
      expect(await subjectOf(`msisdn:${row['MSISDN']}`)).toEqual(subject);
      // Activation code and QR code are secrets (C-32).
      expect(JSON.stringify(subject)).not.toMatch(/459081|"1010"/);
    }
    for (const row of rowsOf('inventory/iotos-os_card_info.csv').slice(1)) {
      const subject = await subjectOf(`iccid:${keyOf(row['iccid']!)}`);
      expect(await subjectOf(`msisdn:${row['msisdn']}`)).toEqual(subject);
      expect(subject.attributes).toMatchObject({
        luhn: keyOf(row['iccid']!) === row['iccid'] ? 'bad' : 'ok',
        owner: row['dept_id'],
        channel: row['channel_id'],
        usedMb: row['c_used'],
        residualMb: row['c_left'],
        imeiNoted: row['imei'],
      });
    }
    const left = (await subjectOf('iccid:89861231231231231234')).attributes['residualMb'];
    expect(left).toBe('-37.72');
    const { items } = await api.get<Items<Subject>>('/subjects?kind=card&limit=100');
    expect(items).toHaveLength(9);
  });

  test.each(['inventory/iotos-importCard.xls', 'inventory/iotos-updateCard.xls'])(
    '%s is a workbook of the older kind with names of columns and no card: read, and nothing comes of it',
    async name => {
      const refused = await refusalOf(api.importTable('cards', bytesOf(name)));
      expect([refused.status, refused.code]).toEqual([422, 'import-columns']);
      const known = ['iccid', 'imsi', 'msisdn'];
      const ignored = String(refused.facts?.['unknown'])
        .split(', ')
        .filter(word => !known.includes(word));
      expect(ignored.length).toBeGreaterThan(20);
      expect(ignored).toContain('nedd_real_name');
    },
  );
});

/** A table as its user would make it of JSON: a column for each value, `a.b` for what lies deeper. */
function csvOf(records: readonly object[]): string {
  const flat = records.map(record => Object.fromEntries(cellsOf(record, '')));
  const columns = [...new Set(flat.flatMap(row => Object.keys(row)))];
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return [columns, ...flat.map(row => columns.map(name => row[name] ?? ''))]
    .map(cells => `${cells.map(quoted).join(',')}\n`)
    .join('');
}
function cellsOf(record: object, prefix: string): [string, string][] {
  return Object.entries(record).flatMap(([name, value]): [string, string][] => {
    return typeof value === 'object' && value !== null
      ? cellsOf(value, `${prefix}${name}.`)
      : [[prefix + name, String(value ?? '')]];
  });
}

describe.skipIf(!isHere)('usage tables', () => {
  const CARDS_OF_RECORDS = ['89454284200010500094', '89454211095593135450', '89454284200010500045'];
  const LOANED = '8944500000000000018';

  test('their cards are registered', async () => {
    const rows = [...CARDS_OF_RECORDS, LOANED].map(iccid => `${iccid}\n`).join('');
    expect(await api.importTable('cards', `iccid\n${rows}`)).toMatchObject({ rows: 4, registered: 4 });
  });

  test('a platform that states running totals in two tables: all records in, counted once, exactly', async () => {
    const wanted = ['iccid', 'imei', 'create_time', 'c_used'];
    const mapping = {
      columns: { iccid: 'iccid', imei: 'imei', time: 'create_time', bytesTotal: 'c_used' },
      ignored: iotosIgnored('inventory/iotos-os_card_info.csv', wanted),
      headerRows: 2,
    };
    const profile = { unit: 'MB', counter: 'per-cycle', zone: 'Asia/Shanghai', mapping };
    const source = await desk.addSource('platform', 'generic-csv', profile);
    for (const name of ['inventory/iotos-os_card.csv', 'inventory/iotos-os_card_info.csv']) {
      const six = { received: 6, accepted: 6, duplicate: 0, quarantined: 0, flags: [] };
      expect([name, await desk.feed(source, name, bytesOf(name))]).toMatchObject([name, six]);
      const again = { received: 6, accepted: 0, duplicate: 6, quarantined: 0 };
      expect([name, await desk.feed(source, name, bytesOf(name))]).toMatchObject([name, again]);
    }
    for (const row of rowsOf('inventory/iotos-os_card.csv').slice(1)) {
      const atMs = Date.parse(`${row['create_time']!.replace(' ', 'T')}+08:00`);
      const told = await desk.usageOf(`iccid:${keyOf(row['iccid']!)}`, atMs);
      expect([row['iccid'], told]).toMatchObject([
        row['iccid'],
        { records: 2, figures: { bytes: bytesOfMb(row['c_used']!) } },
      ]);
    }
  });

  test('a column of residuals taken for use: the negative ones are held with their cell, the rest is read', async () => {
    const name = 'inventory/iotos-os_card.csv';
    const mapping = { columns: { msisdn: 'c_no', bytesTotal: 'c_left' }, headerRows: 2 };
    const source = await desk.addSource('residuals', 'generic-csv', { unit: 'MB', mapping });
    const told = await desk.feed(source, name, bytesOf(name));
    const negative = rowsOf(name).flatMap((row, i) => (row['c_left']!.startsWith('-') ? [i + 2] : []));
    expect(negative).toHaveLength(3);
    expect(told).toMatchObject({ received: 6, accepted: 3, duplicate: 0, quarantined: 3 });
    expect(told.flags.map(flag => flag.code)).toEqual(['columns-unknown']);
    const held = await desk.held(source);
    expect(held.map(each => [each.place, each.reason])).toEqual(
      negative.map(line => [`cell N${line}`, 'number-negative']),
    );
    expect(held[0]?.detail).toMatchObject({ column: 'c_left', value: '-37.72' });
  });

  test('documented sessions and messages of an operator, one for one, with the totals of the JSON', async () => {
    interface Session {
      readonly icc: string;
      readonly usageDate: string;
      readonly bytesIn: number;
      readonly bytesOut: number;
    }
    const columns = {
      iccid: 'icc',
      time: 'usageDate',
      bytesUp: 'bytesIn',
      bytesDown: 'bytesOut',
      session: 'sessionId',
      imei: 'imei',
    };
    const source = await desk.addSource('sessions', 'generic-csv', {
      mapping: {
        columns: { ...columns, imsi: 'imsi', plmn: 'network.plmn', country: 'network.country' },
        optional: ['imsi', 'plmn', 'country'],
        ignored: ['year', 'month', 'countryCode', 'network.tadig'],
      },
    });
    const sessions = jsonOf<Session[]>('wavely/simcard-usage-1.json');
    const webhook = [jsonOf<Session>('wavely/data-cdr-1.json')];
    for (const [name, records] of [
      ['sessions', sessions],
      ['webhook', webhook],
    ] as const) {
      const told = await desk.feed(source, name, csvOf(records));
      const all = { received: records.length, accepted: records.length, duplicate: 0, quarantined: 0 };
      expect([name, told]).toMatchObject([name, { ...all, flags: [] }]);
    }
    const keys = { '89454284200010500094': sessions, '89454211095593135450': webhook };
    for (const [icc, records] of Object.entries(keys)) {
      const [up, down] = [sum(records.map(each => each.bytesIn)), sum(records.map(each => each.bytesOut))];
      expect(await desk.usageOf(`iccid:${keyOf(icc)}`)).toMatchObject({
        records: records.length,
        figures: { bytesUp: up, bytesDown: down, bytes: up + down },
      });
      for (const { usageDate, bytesIn } of records) {
        const told = await desk.usageOf(`iccid:${keyOf(icc)}`, Date.parse(`${usageDate.slice(0, 19)}Z`));
        expect(told).toMatchObject({ records: 1, figures: { bytesUp: bytesIn } });
      }
    }
  });

  test('calls and messages of that operator balance; a file that says the same again is all duplicates', async () => {
    const mapping = {
      columns: { iccid: 'icc', time: 'usageDate', peer: 'called', voiceSeconds: 'duration' },
      optional: ['voiceSeconds'],
    };
    const source = await desk.addSource('calls', 'generic-csv', { mapping });
    const balances = [
      ['wavely/simcard-usage-2.json', 3, 3],
      ['wavely/simcard-usage-3.json', 3, 0],
      ['wavely/simcard-usage-4.json', 2, 2],
      ['wavely/call-cdr-1.json', 1, 1],
      ['wavely/call-cdr-2.json', 1, 1],
    ] as const;
    const before = (await desk.usageOf('iccid:8945428420001050009')).records;
    for (const [name, received, accepted] of balances) {
      const records = [jsonOf<object>(name)].flat();
      expect(records).toHaveLength(received);
      expect([name, await desk.feed(source, name, csvOf(records))]).toMatchObject([
        name,
        { received, accepted, duplicate: received - accepted, quarantined: 0 },
      ]);
    }
    expect((await desk.usageOf('iccid:8945428420001050009')).records).toBe(before + 5);
  });

  test('volumes told as text in megabytes are exact, and a day told twice counts once', async () => {
    const { stats } = jsonOf<{ stats: { date: string; data: { volume_rx: string; volume_tx: string } }[] }>(
      'operator-examples/1nce-get-sim-usage-1.json',
    );
    const mapping = {
      columns: { iccid: 'iccid', time: 'date', bytesUp: 'data.volume_tx', bytesDown: 'data.volume_rx' },
    };
    const source = await desk.addSource('daily', 'generic-csv', { unit: 'MB', mapping });
    const table = csvOf(stats.map(day => ({ iccid: LOANED, ...day })));
    expect(await desk.feed(source, 'daily', table)).toMatchObject({
      received: 2,
      accepted: 1,
      duplicate: 1,
      quarantined: 0,
    });
    const [day] = stats;
    const figures = {
      bytesUp: bytesOfMb(day!.data.volume_tx),
      bytesDown: bytesOfMb(day!.data.volume_rx),
      bytes: 2_803,
    };
    expect(await desk.usageOf(`iccid:${LOANED}`, Date.parse(day!.date))).toMatchObject({
      records: 1,
      figures,
    });
  });

  test.each(['reference/tacs.csv', 'reference/mcc-mnc-table.csv', 'inventory/iotos-card-code-lists.csv'])(
    '%s is no usage: refused with the columns it lacks, and nothing of it is read',
    async name => {
      const mapping = { columns: { iccid: 'icc', time: 'usageDate', bytesTotal: 'bytes' } };
      const source = await desk.addSource(`no-usage-${name.length}`, 'generic-csv', { mapping });
      const { status, code, facts } = await refusalOf(desk.feed(source, name, bytesOf(name)));
      expect([status, code, facts?.['format']]).toEqual([422, 'format-mismatch', 'generic-csv']);
      expect(String(facts?.['missing']).split(', ').sort()).toEqual(['bytes', 'icc', 'usageDate']);
      expect(await desk.held(source)).toEqual([]);
    },
  );
});

describe.skipIf(!isHere)('FreeRADIUS records', () => {
  const IMSI = '262011234567890';
  const files = [
    ['radius/one.txt', 'start', undefined, '2019-04-02T17:38:01Z'],
    ['radius/acct_0_start.attrs', 'start', 0, '2015-02-01T08:28:58+07:00'],
    ['radius/acct_1_update.attrs', 'interim', 2 ** 32 + 10, '2015-02-01T08:28:28+07:00'],
    ['radius/acct_2_stop.attrs', 'stop', 2 ** 32 + 15, '2015-02-01T08:28:58+07:00'],
  ] as const;
  let source: number;

  test('each file is one record that names no card: held with its place and reason, and the batch balances', async () => {
    await api.importTable('cards', `iccid,imsi\n8944500000000000026,${IMSI}\n`);
    source = await desk.addSource('radius', 'freeradius-detail', { counter: 'per-series' });
    for (const [name] of files) {
      const told = await desk.feed(source, name, bytesOf(name));
      expect([name, told]).toMatchObject([name, { received: 1, accepted: 0, duplicate: 0, quarantined: 1 }]);
      // What a test harness expects for an answer is no record, and said to be passed over.
      const isSkipped = name.endsWith('.attrs');
      expect(told.flags.map(flag => flag.code)).toEqual(isSkipped ? ['expected-answer-skipped'] : []);
    }
    const held = await desk.held(source);
    expect(held.map(each => each.reason)).toEqual(files.map(() => 'subject-missing'));
    for (const { place } of held) expect(place).toMatch(/^line \d+$/);
  });

  test('mended with the number of the card each is accepted, and its octets count beyond 32 bits', async () => {
    for (const held of await desk.held(source)) {
      const path = `/quarantine/${held.id}/replay`;
      expect(await refusalOf(api.post(path))).toMatchObject({
        code: 'replay-unread',
        facts: { reason: 'subject-missing' },
      });
      const { text } = await api.get<Held & { text: string }>(`/quarantine/${held.id}`);
      const mended = text.replace(/^(\s*)(NAS-Port = .*)$/m, `$13GPP-IMSI = "${IMSI}"\n$1$2`);
      expect(await api.post(path, { mended })).toMatchObject({ received: 1, accepted: 1, quarantined: 0 });
    }
    expect(await desk.held(source)).toEqual([]);
    for (const [name, , , time] of files) {
      const { records } = await desk.usageOf(`imsi:${IMSI}`, Date.parse(time));
      const then = files.filter(each => Date.parse(each[3]) === Date.parse(time)).length;
      expect([name, records]).toEqual([name, then]);
    }
    const octets = sum(files.map(([, , each]) => each ?? 0));
    expect(await desk.usageOf(`imsi:${IMSI}`)).toMatchObject({
      records: files.length,
      figures: { bytesUp: octets, bytesDown: octets, bytes: 2 * octets },
    });
  });

  test('fed again, as they came or mended, they bring nothing new', async () => {
    for (const [name] of files) {
      const mended = textOf(name).replace(/^(\s*)(NAS-Port = .*)$/m, `$13GPP-IMSI = "${IMSI}"\n$1$2`);
      for (const text of [textOf(name), mended])
        expect([name, await desk.feed(source, name, text)]).toMatchObject([
          name,
          { received: 1, accepted: 0, duplicate: 1, quarantined: 0 },
        ]);
    }
  });
});
