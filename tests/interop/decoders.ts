/**
 * Records and tables against decoders that nobody here wrote: TAP by OpenSSL's ASN.1 parser, a GB18030 table by Python,
 * workbooks by openpyxl and xlrd, RADIUS packets of pyrad's making by us and by tshark, check digits by python-stdnum,
 * and the head of an SGSN's records by the program that writes it.
 *
 * One line for each check; what is missing is installed from Debian where it may be, else skipped by name.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { textCell } from '../../server/src/kernel/csv-text.ts';
import { textWorkbook } from '../../server/src/kernel/workbook/write.ts';
import { valuesOf } from '../../server/src/modules/cards/adapters/radius/as-detail.ts';
import { isRequestOf } from '../../server/src/modules/cards/adapters/radius/authenticators.ts';
import { readPacket } from '../../server/src/modules/cards/adapters/radius/packet.ts';
import { FORMATS } from '../../server/src/modules/cards/formats/all.ts';
import { readWhole } from '../../server/src/modules/cards/formats/reading-aids.ts';
import { putImei } from '../../server/src/modules/cards/identifiers/into-body.ts';
import type { Reading } from '../../server/src/spine/observations/observation.ts';
import { SAMPLES, sampleBytes } from '../format-samples.ts';
import { missingProgram } from './debian/install.ts';
import { hasModule, python } from './decoders/python.ts';
import { missingSpreadsheet, savedBy } from './spreadsheets/programs.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tw-decoders-'));
let hasFailed = false;

/** One check: what it finds wrong, or null; `skipped …` when what it needs cannot be had. */
async function check(name: string, act: () => Promise<string | null>): Promise<void> {
  const fault = await act().catch((cause: unknown) => String(cause).slice(0, 600).replaceAll('\n', ' | '));
  if (fault?.startsWith('skipped ') === true) return console.log(`skipped ${name} (${fault.slice(8)})`);
  console.log(fault === null ? `ok ${name}` : `FAIL ${name} ${fault}`);
  hasFailed ||= fault !== null;
}

const same = (ours: unknown, theirs: unknown): string | null =>
  JSON.stringify(ours) === JSON.stringify(theirs)
    ? null
    : `ours ${JSON.stringify(ours).slice(0, 500)}, theirs ${JSON.stringify(theirs).slice(0, 500)}`;

function sampleOf(format: string): Buffer {
  return sampleBytes(SAMPLES.find(each => each.format === format)!);
}

async function readingsOf(format: string): Promise<Reading[]> {
  const { profile } = SAMPLES.find(each => each.format === format)!;
  const { readings } = await readWhole(
    FORMATS.find(each => each.name === format)!,
    sampleOf(format),
    profile,
  );
  return readings;
}

/** Every primitive of application class as OpenSSL finds it: its tag and its content. */
async function primitives(bytes: Buffer): Promise<{ tag: number; content: Buffer }[]> {
  const file = join(folder, 'sample.ber');
  writeFileSync(file, bytes);
  const { stdout } = await run('openssl', ['asn1parse', '-inform', 'DER', '-in', file]);
  return [...stdout.matchAll(/^\s*(\d+):d=\s*\d+\s+hl=\s*(\d+)\s+l=\s*(\d+) prim: appl \[ (\d+) \]/gm)].map(
    ([, at, head, length, tag]) => {
      const from = Number(at) + Number(head);
      return { tag: Number(tag), content: bytes.subarray(from, from + Number(length)) };
    },
  );
}

const unsigned = (content: Buffer): number => Number(BigInt(`0x${content.toString('hex')}`));

await check('TAP: cards, volumes and lengths are those OpenSSL finds, tag by tag', async () => {
  const found = await primitives(sampleOf('tap3'));
  const of = (tag: number) => found.filter(each => each.tag === tag).map(each => each.content);
  const readings = await readingsOf('tap3');
  const told = (name: string) => readings.flatMap(each => each.body[name] ?? []);
  return same(
    {
      cards: readings.map(each => each.claim),
      up: told('bytesUp'),
      down: told('bytesDown'),
      seconds: told('durationSeconds'),
    },
    {
      cards: of(129).map(each => `imsi:${each.toString('hex').replace(/f$/, '')}`),
      up: of(250).map(unsigned),
      down: of(251).map(unsigned),
      seconds: of(223).map(unsigned),
    },
  );
});

await check('a table in GB18030: identifiers, volumes and states are those Python reads', async () => {
  const file = join(folder, 'day.csv');
  writeFileSync(file, sampleOf('generic-csv'));
  const rows = await python<Record<string, string>[]>(
    `import csv,json,sys
print(json.dumps(list(csv.DictReader(open(sys.argv[1],encoding='gb18030',newline='')))))`,
    file,
  );
  const readings = await readingsOf('generic-csv');
  const theirs = rows.map(row => [
    row['流量(KB)'] === '' ? null : Number(row['流量(KB)']) * 1024,
    row['卡状态'],
  ]);
  return (
    same(
      readings.map(({ body }) => [body['bytes'] ?? null, body['statusType'] ?? '']),
      theirs,
    ) ?? (readings.every((each, i) => isOf(each, rows[i]?.['ICCID'] ?? '')) ? null : 'another card')
  );
});

/** ICCIDs are registered without their check digit; a row without one goes by its number. */
function isOf(reading: Reading, iccid: string): boolean {
  return iccid === '' || [iccid, iccid.slice(0, 19)].includes(reading.claim.replace('iccid:', ''));
}

await check('the head of an SGSN’s records is the one its own program writes', async () => {
  const lack = await missingProgram('osmo-sgsn', 'osmo-sgsn');
  if (lack !== null) return `skipped ${lack}`;
  const path = (await run('sh', ['-c', 'command -v osmo-sgsn'])).stdout.trim();
  const head = sampleOf('osmo-sgsn').toString('utf8').split(/\r?\n/)[0] as string;
  return readFileSync(path).includes(head) ? null : `the program does not hold ${head}`;
});

/** Texts a spreadsheet likes to spoil. */
const HOSTILE = [
  '8988303000000000010',
  '=1+1',
  "'=1",
  '+8613800000000',
  '-5',
  '1e5',
  '007',
  '中文 𠀀',
  'a"b,c',
];

async function workbook(): Promise<string> {
  const path = join(folder, 'hostile.xlsx');
  const rows = Readable.from([HOSTILE.map((_, i) => `c${i}`), HOSTILE.map(textCell)]);
  const parts: Buffer[] = [];
  for await (const part of textWorkbook(rows)) parts.push(part);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

await check('a workbook of ours: openpyxl reads every cell as text, and none as a formula', async () => {
  if (!(await hasModule('openpyxl', 'python3-openpyxl'))) return 'skipped openpyxl is not installed';
  const cells = await python<[string, string][]>(
    `import json,sys,openpyxl
sheet=openpyxl.load_workbook(sys.argv[1]).active
print(json.dumps([[cell.value,cell.data_type] for cell in list(sheet.rows)[1]]))`,
    await workbook(),
  );
  const texts = cells.map(([value]) => value);
  const isText = cells.every(([, type]) => ['s', 'inlineStr'].includes(type));
  return same(HOSTILE.map(textCell), texts) ?? (isText ? null : JSON.stringify(cells));
});

await check('the same saved as .xls by Gnumeric: xlrd reads every cell as the text it was', async () => {
  const lack = await missingSpreadsheet('gnumeric');
  if (lack !== null) return `skipped ${lack}`;
  if (!(await hasModule('xlrd', 'python3-xlrd'))) return 'skipped xlrd is not installed';
  const out = mkdtempSync(join(folder, 'xls-'));
  await savedBy('gnumeric', 'xls', [await workbook()], out);
  const cells = await python<[string, number][]>(
    `import json,sys,xlrd
print(json.dumps([[cell.value,cell.ctype] for cell in xlrd.open_workbook(sys.argv[1]).sheet_by_index(0).row(1)]))`,
    join(out, 'hostile.xls'),
  );
  return same(
    HOSTILE.map(text => [textCell(text), 1]),
    cells,
  );
});

const SECRET = 'a secret of the interop alone';
const SENT = {
  'User-Name': '262011234567890',
  'Acct-Session-Id': '0000A1',
  '3GPP-IMSI': '262011234567890',
  '3GPP-IMEISV': '3575200742653301',
  '3GPP-SGSN-MCC-MNC': '26201',
  'Acct-Input-Octets': 123_456_789,
  'Acct-Input-Gigawords': 3,
  'Acct-Session-Time': 600,
} as const;
const DICTIONARY = `ATTRIBUTE User-Name 1 string
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Input-Octets 42 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Acct-Session-Time 46 integer
ATTRIBUTE Acct-Input-Gigawords 52 integer
VENDOR 3GPP 10415
BEGIN-VENDOR 3GPP
ATTRIBUTE 3GPP-IMSI 1 string
ATTRIBUTE 3GPP-SGSN-MCC-MNC 18 string
ATTRIBUTE 3GPP-IMEISV 20 string
END-VENDOR 3GPP
`;

async function packetOfPyrad(): Promise<Buffer> {
  const file = join(folder, 'dictionary');
  writeFileSync(file, DICTIONARY);
  const { hex } = await python<{ hex: string }>(
    `import json,sys
from pyrad import dictionary,packet
p=packet.AcctPacket(id=7,secret=sys.argv[2].encode(),dict=dictionary.Dictionary(sys.argv[1]))
p['Acct-Status-Type']=3
for name,value in json.loads(sys.argv[3]).items(): p[name]=value
print(json.dumps({'hex':p.RequestPacket().hex()}))`,
    file,
    SECRET,
    JSON.stringify(SENT),
  );
  return Buffer.from(hex, 'hex');
}

await check(
  'a packet of pyrad’s making: its authenticator holds, and every attribute is what was put in',
  async () => {
    if (!(await hasModule('pyrad.packet', 'python3-pyrad'))) return 'skipped pyrad is not installed';
    const packet = readPacket(await packetOfPyrad());
    if ('fault' in packet) return packet.fault;
    if (!isRequestOf(packet, Buffer.from(SECRET))) return 'its authenticator does not hold';
    if (isRequestOf(packet, Buffer.from(`${SECRET}.`))) return 'it holds under another secret too';
    const values = valuesOf(packet);
    return same(
      Object.keys(SENT).map(name => values.get(name)),
      Object.values(SENT).map(String),
    );
  },
);

await check('the same packet by tshark: attributes of 3GPP and octets are ours', async () => {
  if (!(await hasModule('pyrad.packet', 'python3-pyrad'))) return 'skipped pyrad is not installed';
  const lack = await missingProgram('tshark', 'tshark');
  if (lack !== null) return `skipped ${lack}`;
  const bytes = await packetOfPyrad();
  const file = join(folder, 'radius.pcap');
  writeFileSync(file, capture(bytes));
  const fields = [
    'radius.User_Name',
    'e212.imsi',
    'radius.3GPP_IMEISV',
    'radius.3GPP_SGSN_MCC_MNC',
    'radius.Acct_Input_Octets',
    'radius.Acct_Input_Gigawords',
  ];
  const words = ['-r', file, '-T', 'fields', ...fields.flatMap(field => ['-e', field])];
  const { stdout } = await run('tshark', words);
  const packet = readPacket(bytes);
  if ('fault' in packet) return packet.fault;
  const values = valuesOf(packet);
  const names = ['User-Name', '3GPP-IMSI', '3GPP-IMEISV', '3GPP-SGSN-MCC-MNC'];
  return same(
    [...names, 'Acct-Input-Octets', 'Acct-Input-Gigawords'].map(name => values.get(name)),
    stdout.trimEnd().split('\t'),
  );
});

/** One UDP packet to port 1813 in a capture of bare IP. */
function capture(payload: Buffer): Buffer {
  const head = Buffer.from('d4c3b2a1020004000000000000000000ffff000065000000', 'hex');
  const ip = Buffer.from([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(1_813, 0);
  udp.writeUInt16BE(1_813, 2);
  udp.writeUInt16BE(8 + payload.length, 4);
  ip.writeUInt16BE(28 + payload.length, 2);
  const frame = Buffer.alloc(16);
  frame.writeUInt32LE(28 + payload.length, 8);
  frame.writeUInt32LE(28 + payload.length, 12);
  return Buffer.concat([head, frame, ip, udp, payload]);
}

// A last digit of zero is the spare one that devices transmit (TS 23.003 §6.2.1), and no fault: none is among these.
await check('check digits of 200 IMEIs: python-stdnum calls bad what we flag, and nothing else', async () => {
  if (!(await hasModule('stdnum.imei', 'python3-stdnum'))) return 'skipped python-stdnum is not installed';
  const imeis = Array.from(
    { length: 200 },
    (_, i) => `35752007${String(426_533 + i * 7_919).slice(-6)}${(i % 9) + 1}`,
  );
  const theirs = await python<boolean[]>(
    `import json,sys
from stdnum import imei
print(json.dumps([imei.is_valid(each) for each in json.loads(sys.argv[1])]))`,
    JSON.stringify(imeis),
  );
  const ours = imeis.map(imei => putImei({}, imei).length === 0);
  return theirs.includes(true) && theirs.includes(false) ? same(ours, theirs) : 'all are alike';
});

await check('the sample’s table of records is CSV to another reader', async () => {
  const rows = parse(sampleOf('record-table'), { columns: true }) as Record<string, string>[];
  return same(
    (await readingsOf('record-table')).map(each => each.claim),
    rows.map(row => row['claim']),
  );
});

rmSync(folder, { recursive: true, force: true });
process.exitCode = hasFailed ? 1 : 0;
