import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { workbookAsCsv } from '../../server/src/kernel/workbook/as-csv.ts';
import {
  compoundOf,
  oldStream,
  oldWorkbookOf,
} from '../../server/src/kernel/workbook/testing/old-workbook-maker.ts';
import { partsOf, rowsXml, zipOf } from '../../server/src/kernel/workbook/testing/workbook-maker.ts';
import { addressGuard } from '../../server/src/spine/notices/wire/addresses.ts';
import { isProven } from '../../server/src/spine/observations/hooks/proof.ts';
import { disturbed, disturbedText, NASTY, noise, pick } from './disturb.ts';
import { type Draw, holds, type Target, target } from './target.ts';

const PARTS = partsOf({
  data: `${rowsXml([['iccid', 'up']])}<row r="7"><c r="B7" t="s"><v>0</v></c><c s="1"><v>46082.5</v></c></row>`,
  shared: ['8988303000000000010', '<r><t>a</t></r><r><t>b</t></r>'],
});
const WHOLE = zipOf(PARTS);
const XML_PIECES = [
  ...NASTY,
  '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]>',
  '<!ENTITY x SYSTEM "file:///etc/passwd">',
  '&x;',
  '&#0;',
  '&#xD800;',
  '&#1114112;',
  '<![CDATA[',
  '<?x ?>',
  '<row r="999999999999">',
  '<c r="XFE1048577">',
  '<c t="s"><v>-1</v></c>',
  '<c t="s"><v>4294967296</v></c>',
  '<v>1e999</v>',
  '</row>',
  '</sheetData>',
  '<si>',
  'state="hidden"',
];

/** A damaged archive, or a sound one with a damaged part, or with a directory that lies. */
function workbookFor(draw: Draw): Buffer {
  if (draw(3) === 0) return disturbed(draw, [WHOLE]);
  const at = draw(PARTS.length);
  const parts = PARTS.map((part, i) => {
    if (i !== at) return part;
    const says =
      draw(8) === 0 ? { says: { sizeBytes: draw(1 << 30), crc: draw(2 ** 31), flags: draw(4) } } : {};
    return {
      name: draw(20) === 0 ? disturbedText(draw, [part.name]) : part.name,
      content: spoiled(draw, String(part.content)),
      ...says,
    };
  });
  if (draw(20) === 0) parts.push(...parts.slice(0, 1));
  return zipOf(parts);
}

const OLD_ROWS = [
  ['iccid', 'up', 'at'],
  ['8988303000000000010', 12, { date: 46082.5 }],
  [null, 1.5e18, { formula: 'text' }, true],
] as const;

/** A damaged file of the older kind, a sound file of damaged records, or one whose texts go on in many records. */
function oldWorkbookFor(draw: Draw): Buffer {
  const pieceBytes = pick(draw, [20, 64, 8_000]);
  if (draw(2) === 0) return disturbed(draw, [oldWorkbookOf(OLD_ROWS, { pieceBytes, hidden: draw(2) === 0 })]);
  const stream = disturbed(draw, [oldStream(OLD_ROWS, { pieceBytes })]);
  const whole = compoundOf(stream.length > 1 << 16 ? stream.subarray(0, 1 << 16) : stream);
  // Also the head, the directory and the table of sectors, each by one word.
  if (draw(3) === 0)
    whole.writeUInt32LE(pick(draw, [0, 1, 2, 7, 0xff_ff_ff_ff, draw(2 ** 31)]), draw(whole.length / 4) * 4);
  return whole;
}

function spoiled(draw: Draw, content: string): string | Buffer {
  if (draw(10) === 0) return disturbed(draw, [Buffer.from(content)]);
  let text = content;
  for (let times = 1 + draw(3); times > 0; times -= 1) {
    const at = draw(text.length + 1);
    text =
      draw(3) === 0
        ? disturbedText(draw, [text])
        : text.slice(0, at) + pick(draw, XML_PIECES).repeat(draw(15) === 0 ? 300 : 1) + text.slice(at);
  }
  return text;
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}

async function readsOrRefuses(bytes: Buffer): Promise<void> {
  try {
    const manner = { delimiter: ',', numberText: (text: string) => text };
    const { text } = await workbookAsCsv(inPieces(bytes), manner);
    let size = 0;
    for await (const piece of text) size += piece.length;
    holds(size < 8 << 20, `${bytes.length} bytes became ${size}`);
  } catch (error) {
    if (!(isRefusal(error) && error.code === 'workbook-unreadable')) throw error;
  }
}

const guard = addressGuard([]);
/** The same inner address in the forms that programs take for it. */
function innerAddress(draw: Draw): string {
  const host = pick(draw, [
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.9',
    '169.254.169.254',
    '172.16.5.5',
    '0.0.0.0',
    '100.64.0.1',
  ]);
  const [a = 0, b = 0, c = 0, d = 0] = host.split('.').map(Number);
  const hex = (one: number, two: number): string => (one * 256 + two).toString(16);
  return pick(draw, [
    host,
    `::ffff:${host}`,
    `::ffff:${hex(a, b)}:${hex(c, d)}`,
    `0:0:0:0:0:ffff:${host}`,
    `0000:0000:0000:0000:0000:FFFF:${hex(a, b)}:${hex(c, d)}`,
    `[::ffff:${host}]`,
    `::${host}`,
    `64:ff9b::${hex(a, b)}:${hex(c, d)}`,
    `2002:${hex(a, b)}:${hex(c, d)}::1`,
    `::ffff:${host}%eth0`,
    '::1',
    'fe80::1%1',
    'fd00::1',
    '::',
  ]);
}

const SECRET = 'a secret of thirty-two characters';

/** Workbooks, and what strangers send to and name for the server. */
export const WORKBOOK_TARGETS: readonly Target[] = [
  target('workbook', workbookFor, readsOrRefuses),
  target('old-workbook', oldWorkbookFor, readsOrRefuses),
  target(
    'notice-address',
    draw => ({
      inner: innerAddress(draw),
      other: disturbedText(draw, ['8.8.8.8', '2001:4860:4860::8888', innerAddress(draw)]),
    }),
    ({ inner, other }) => {
      holds(!guard(inner), `${inner} is reached`);
      holds(typeof guard(other) === 'boolean', 'no answer');
    },
  ),
  target(
    'push-proof',
    draw => ({
      scheme: pick(draw, ['hmac-sha256', 'token'] as const),
      given:
        draw(6) === 0
          ? [SECRET, SECRET]
          : disturbedText(draw, ['Bearer x', 'sha256=00', SECRET.slice(1), '='.repeat(2_000)]),
      body: noise(draw, 60),
    }),
    ({ scheme, given, body }) => {
      const isSecret = typeof given === 'string' && given.replace(/^Bearer +/i, '').trim() === SECRET;
      holds(!isProven(scheme, SECRET, given, body) || isSecret, 'a push without the secret is proven');
    },
  ),
];
