import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { effort } from '../../../../../tests/prove.ts';
import { samplePath } from '../../../../../tests/samples.ts';
import { type Draw, draws } from './csv-fuzz.ts';
import { ATTRIBUTE_NAMES } from './detail-attributes.ts';
import { PlainBlocks } from './detail-scanner.ts';
import { freeradiusDetail, freeradiusDetailUnscanned } from './freeradius-detail.ts';
import { readWhole, written } from './reading-aids.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const pick = <T>(draw: Draw, from: readonly T[]): T => from[draw(from.length)] as T;

const NAMES = [
  ...ATTRIBUTE_NAMES,
  ...[
    'User-Name',
    'Framed-IP-Address',
    'Acct-Status',
    'X',
    'Vendor-Specific.3GPP.IMSI',
    '3GPP.IMEISV',
    'NAS:Port',
  ],
];
const VALUES: ReadonlyArray<(draw: Draw) => string> = [
  draw => String(draw(5_000_000)),
  draw => `"26201${1_000_000_000 + draw(1_000)}"`,
  draw => pick(draw, ['Start', 'Stop', 'Interim-Update', 'Alive', '7', 'Tunnel-Start']),
  draw =>
    `"Nov ${draw(32)} 2026 ${draw(25)}:0${draw(10)}:00 ${pick(draw, ['UTC', 'WIB', 'CST', '+0800', ''])}"`,
  draw =>
    pick(draw, [
      '"a\\"b"',
      "'x'",
      '"',
      '""',
      '',
      ' x',
      'x ',
      'x,',
      '::x',
      '"x" ',
      '= x',
      '#x',
      '"ü"',
      'ü',
      '0x06',
      '\t1',
      '"a\\101"',
    ]),
  draw =>
    pick(draw, [
      '18446744073709551615',
      '18446744073709551616',
      '9007199254740992',
      '-1',
      '999999999999999',
      '4294967296',
    ]),
  draw => `"s${draw(100)}-session-of-some-length-${draw(1_000_000)}"`,
];
const OPERATORS = [' = ', ' = ', ' = ', ' = ', ' = ', ' = ', '=', ' == ', ' := ', ' += ', ' =  '];

function block(draw: Draw): string {
  const isOdd = draw(2) === 0;
  const lines: string[] = [];
  if (draw(10) > 0)
    lines.push(
      isOdd && draw(5) === 0
        ? pick(draw, [
            '# a comment 10:00:00 2026',
            'no date',
            'Sun Nov  1 10:00:00 2026 ',
            'a = b 10:00:00 2026',
            '',
          ])
        : `Sun Nov ${1 + draw(28)} 10:00:0${draw(10)} 2026`,
    );
  for (const [name, value] of [
    ['Acct-Status-Type', pick(draw, ['Start', 'Stop', 'Interim-Update'])],
    ['3GPP-IMSI', `"26201${1_000_000_000 + draw(1_000)}"`],
    ['Acct-Session-Id', `"${draw(10_000)}"`],
    ['Acct-Input-Octets', String(draw(1_000_000))],
    ['Timestamp', String(1_793_500_000 + draw(100_000))],
  ])
    if (draw(12) > 0) lines.push(`\t${name} = ${value}`);
  for (let more = draw(8); more > 0; more--) {
    const operator = isOdd ? pick(draw, OPERATORS) : ' = ';
    const value = isOdd ? pick(draw, VALUES)(draw) : String(draw(100_000));
    const name = isOdd
      ? pick(draw, NAMES)
      : pick(draw, ['User-Name', 'Acct-Session-Time', 'Acct-Output-Octets']);
    lines.push(
      `${isOdd && draw(8) === 0 ? pick(draw, ['', ' ', '\t\t', '  ']) : '\t'}${name}${operator}${value}`,
    );
  }
  let text = `${lines.join(isOdd && draw(10) === 0 ? '\r\n' : '\n')}\n`;
  if (isOdd && draw(30) === 0) text = text.replace('\n', `${'x'.repeat(draw(20_000))}\n`);
  if (isOdd && draw(100) === 0) text = `${`\tUser-Name = "${'y'.repeat(200)}"\n`.repeat(100)}${text}`;
  if (isOdd && draw(20) === 0) text = text.replace(/./, String.fromCharCode(draw(256)));
  return text + (isOdd ? pick(draw, ['\n', '\n', '\n\n\n', ' \n', '\r\n', '']) : '\n');
}

describe('the byte scanner of detail files', () => {
  it('answers as the complete parser does for every generated block, whole or in slices', async () => {
    const scans = vi.spyOn(PlainBlocks.prototype, 'next');
    const wanted = effort(3_000, 100_000);
    let records = 0;
    for (let seed = 1; records < wanted; seed++) {
      const draw = draws(seed);
      const start = Array.from({ length: 4 }, () => 'Sun Nov  1 10:00:00 2026\n\tUser-Name = "a"\n\n').join(
        '',
      );
      const text = start.repeat(4) + Array.from({ length: 60 }, () => block(draw)).join('');
      const file = Buffer.from(draw(3) === 0 ? text.trimEnd() : text);
      const profile = {
        counter: 'per-series' as const,
        zone: pick(draw, ['UTC', 'Asia/Shanghai', 'Europe/Berlin']),
        direction: draw(4) === 0 ? ('swapped' as const) : ('as-standard' as const),
      };
      const slice = pick(draw, [1 + draw(60), 1_000, 65_536]);
      const scanned = await readWhole(freeradiusDetail, file, profile, slice);
      const complete = await readWhole(freeradiusDetailUnscanned, file, profile, 65_536);
      expect(written(scanned), `seed ${seed}`).toBe(written(complete));
      records += complete.cuts.length;
    }
    const found = scans.mock.results.filter(({ value }) => typeof value === 'object').length;
    const declined = scans.mock.results.filter(({ value }) => value === 'other').length;
    expect(found).toBeGreaterThan(wanted / 5);
    expect(declined).toBeGreaterThan(wanted / 20);
  });
});

describe.skipIf(samplePath('cards/radius') === null)('the sample records', () => {
  for (const name of ['one.txt', 'acct_0_start.attrs', 'acct_1_update.attrs', 'acct_2_stop.attrs']) {
    it(`${name} is read alike with and without the scanner`, async () => {
      const file = readFileSync(samplePath(`cards/radius/${name}`) ?? '');
      const profile = { counter: 'per-series' as const };
      const scanned = await readWhole(freeradiusDetail, file, profile);
      expect(scanned.cuts.length).toBeGreaterThan(0);
      expect(written(scanned)).toBe(written(await readWhole(freeradiusDetailUnscanned, file, profile)));
    });
  }
});
