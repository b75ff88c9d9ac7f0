/** For tests: usage files of which some rows are plain and the others are odd in every way we know of. */
export type Draw = (below: number) => number;

/** A repeatable source of whole numbers below a bound (32-bit xorshift). */
export function draws(seed: number): Draw {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

const pick = <T>(draw: Draw, from: readonly T[]): T => from[draw(from.length)] as T;
const digits = (draw: Draw, count: number): string =>
  Array.from({ length: count }, () => String(draw(10))).join('');

type Cell = (draw: Draw) => string;

/** Ways to write each field, the usual one first: it is drawn more often. */
const CELLS: Readonly<Record<string, readonly Cell[]>> = {
  iccid: [
    draw => `8944${digits(draw, 15)}`,
    draw => `8944${digits(draw, 16)}`,
    draw => pick(draw, ['8944500102198304826', '89445001021983048260', '89445001021983048261', '98940102']),
    draw => `${'0'.repeat(18 + draw(4))}`,
    draw => digits(draw, draw(26)),
    draw => `8944 5001-${digits(draw, 11)}F`,
    draw =>
      pick(draw, [
        '8.94E+18',
        '8.94',
        '894450010219830482.0',
        '8944ABCDEF1234567890',
        '８９４４５００１０２１９８３０４８２６',
      ]),
  ],
  imsi: [
    draw => `26201${digits(draw, 10)}`,
    draw => digits(draw, draw(18)),
    draw => pick(draw, ['26201FFFF', '2.62E+14', '262-01', '٢٦٢٠١١٢٣٤٥٦', '000000']),
  ],
  eid: [draw => digits(draw, 32), () => '89049032000001000000128255260243', draw => digits(draw, 31)],
  msisdn: [
    draw => `49${digits(draw, 10)}`,
    draw => `+49${digits(draw, 9)}`,
    draw => `0${digits(draw, 9)}`,
    draw => digits(draw, draw(17)),
    draw => pick(draw, ['49 (0) 12-34567', '4.9E+11', '49x']),
  ],
  imei: [
    draw => `35${digits(draw, 12)}0`,
    draw => `35${digits(draw, 13)}`,
    draw => `35${digits(draw, 14)}`,
    draw => `35${digits(draw, 12)}`,
    draw => '0'.repeat(13 + draw(5)),
    draw =>
      pick(draw, ['35-209900-176148-1', '3.5E+14', '35209900176148.1', 'A0000012345678', '356938035643809']),
  ],
  time: [
    draw =>
      `2026-${two(draw, 12, 1)}-${two(draw, 28, 1)}T${two(draw, 24)}:${two(draw, 60)}:${two(draw, 60)}Z`,
    draw => `2026-${two(draw, 13)}-${two(draw, 33)} ${two(draw, 26)}:${two(draw, 62)}:${two(draw, 62)}`,
    draw => `2026-03-29T0${draw(4)}:${two(draw, 60)}:00${pick(draw, ['', '.5', '.123', ',123', '.1234567'])}`,
    draw =>
      `2026-10-25 0${draw(4)}:${two(draw, 60)}:00${pick(draw, ['+02:00', '-0530', '-00:00', '+14:00', '+14:30', '+0260', '+08', ' Z', 'z', 'UTC', '.250+01:00'])}`,
    draw => `${1_700_000_000 + draw(90_000_000)}${pick(draw, ['', '', '000', '.5', '000000'])}`,
    draw => `${two(draw, 32)}/${two(draw, 13)}/20${two(draw, 40)} ${two(draw, 24)}:${two(draw, 60)}`,
    draw =>
      pick(draw, [
        '2024-02-29T00:00:00Z',
        '2023-02-29T00:00:00Z',
        '1900-02-29T00:00:00',
        '1969-12-31T23:59:59Z',
        '0070-01-01T00:00:00Z',
        '2026-12-31T23:59:60Z',
        '9999-12-31T23:59:59Z',
        '2026-11-01',
        '2026-11-01T10:00Z',
        '-1',
        '99999999999999999999',
        '２０２６-11-01T10:00:00Z',
      ]),
  ],
  volume: [
    draw => String(draw(5_000_000)),
    draw => String(draw(100)),
    draw => `0000${draw(100)}`,
    draw => `${draw(1_000)}.${digits(draw, 1 + draw(6))}`,
    draw =>
      pick(draw, [
        '0',
        '-0',
        '-5',
        '+5',
        '1e6',
        '1,024',
        '9007199254740991',
        '9007199254740992',
        '999999999999999',
        '99999999999999999999999999999999',
        '1.000',
        '٣',
        '0x10',
        'NaN',
        '.5',
        '5.',
        '- 1',
      ]),
  ],
  text: [
    draw =>
      pick(draw, [
        'iot.example',
        'IoT.Example',
        'DE',
        'LTE-M',
        '26201',
        '310-260',
        'data',
        'DATA',
        'sms',
        'stop',
        'start',
      ]),
    draw => `s${digits(draw, 1 + draw(40))}`,
    draw =>
      pick(draw, [
        'Ü',
        '上海',
        'a b',
        '\u00a0x',
        'x\u3000',
        '\ufeffx',
        '\u007f',
        '\u0085',
        'İ',
        '𝕏',
        '262',
        '01',
        '1',
        '2620',
        '__proto__',
        'constructor',
      ]),
  ],
};

const two = (draw: Draw, below: number, from = 0): string => String(from + draw(below)).padStart(2, '0');

/** Name of each column in the files drawn, and how its cells are written. */
export const FUZZ_COLUMNS: ReadonlyArray<readonly [string, keyof typeof CELLS]> = [
  ['iccid', 'iccid'],
  ['iccidAlias', 'iccid'],
  ['imsi', 'imsi'],
  ['eid', 'eid'],
  ['msisdn', 'msisdn'],
  ['imei', 'imei'],
  ['time', 'time'],
  ['bytesUp', 'volume'],
  ['bytesDown', 'volume'],
  ['bytesTotal', 'volume'],
  ['smsCount', 'volume'],
  ['apn', 'text'],
  ['plmn', 'text'],
  ['mcc', 'text'],
  ['mnc', 'text'],
  ['country', 'text'],
  ['session', 'text'],
  ['recordId', 'text'],
  ['service', 'text'],
  ['event', 'text'],
];

/** One file of `rows` rows under a header of the given columns; the first sixteen rows are plain. */
export function fuzzedFile(
  draw: Draw,
  columns: ReadonlyArray<readonly [string, keyof typeof CELLS]>,
  rows: number,
  delimiter: string,
): Buffer {
  const parts: Buffer[] = [Buffer.from(draw(8) === 0 ? '\ufeff' : '')];
  parts.push(Buffer.from(`${columns.map(([name]) => name).join(delimiter)}\n`));
  // A zero byte near the beginning would make it a file of another kind.
  for (let row = 0; row < rows; row++) parts.push(fuzzedRow(draw, columns, delimiter, row >= 16));
  const file = Buffer.concat(parts);
  return draw(4) === 0 ? file.subarray(0, file.length - 1) : file;
}

function fuzzedRow(
  draw: Draw,
  columns: ReadonlyArray<readonly [string, keyof typeof CELLS]>,
  delimiter: string,
  mayBeOdd: boolean,
): Buffer {
  const isOdd = mayBeOdd && draw(2) === 0;
  const cells = columns.map(([, kind]) => {
    const ways = CELLS[kind] ?? [];
    const way = isOdd && draw(4) === 0 ? pick(draw, ways) : (ways[0] as Cell);
    const text = draw(20) === 0 ? pick(draw, ['', '\\N', 'NULL', '0']) : way(draw);
    return isOdd && draw(15) === 0 ? disturbed(draw, text, delimiter) : text;
  });
  if (isOdd && draw(12) === 0) cells.splice(draw(cells.length), 1);
  if (isOdd && draw(12) === 0) cells.push('extra');
  const end = draw(5) === 0 ? '\r\n' : '\n';
  const line = Buffer.from(cells.join(delimiter) + (isOdd && draw(20) === 0 ? '\r\r\n' : end));
  if (isOdd && draw(25) === 0 && line.length > 0) line[draw(line.length)] = draw(256);
  if (isOdd && draw(200) === 0) return Buffer.concat([Buffer.alloc(1 + draw(70_000), 'x'), line]);
  return isOdd && draw(40) === 0
    ? Buffer.concat([Buffer.from(pick(draw, ['\n', ' \n', '\r\n', '"'])), line])
    : line;
}

function disturbed(draw: Draw, text: string, delimiter: string): string {
  return pick(draw, [
    `"${text}"`,
    ` ${text}`,
    `${text} `,
    `"${text}""x"`,
    `"${text}${delimiter}x"`,
    `"${text}`,
    `${text}"`,
    `"${text}\n2"`,
    `${text}\0`,
    `\t${text}`,
    `${text}\r`,
    `${text}${text}${text}`,
    `'${text}`,
  ]);
}
