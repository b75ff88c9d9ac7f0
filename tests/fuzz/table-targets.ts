import { Readable } from 'node:stream';
import { contributions } from '../../server/src/house.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import type { ImportKind, Registration } from '../../server/src/spine/contribution.ts';
import { namesListed } from '../../server/src/spine/measures/batches/listed.ts';
import {
  type ColumnMapping,
  OWN_COLUMNS,
  readColumnMapping,
} from '../../server/src/spine/registry/column-mapping.ts';
import { readTable } from '../../server/src/spine/registry/table.ts';
import { disturbed, disturbedText, disturbedValue, pick } from './disturb.ts';
import { type Draw, holds, refusedOr, type Target, target } from './target.ts';

const refused =
  (...codes: readonly string[]) =>
  (error: unknown): boolean =>
    isRefusal(error) && codes.includes(error.code);

/** Cells that some column of some table takes. */
const CELLS: readonly string[] = [
  '8944500102198304826',
  '89445001021983048261',
  '262011234567890',
  '4915112345678',
  '89049032000001000000128255260243',
  '357520074265330',
  '35752007',
  '2026-11-01T00:00:00Z',
  '2026-12-01',
  'DE CN',
  'CN;DE',
  '500MB',
  '1048576',
  'yes',
  'no',
  'contract-7',
  'pool-3',
  'imsi:262011234567890',
  'iccid:8944500102198304826',
  'module',
  '',
  'n/a',
  '上海',
];

/** Tables of every import of the house, with our columns. */
const importTargets: readonly Target[] = contributions
  .flatMap(each => each.imports)
  .map(kind =>
    target(
      `table-${kind.name}`,
      draw => tableFor(draw, kind),
      bytes => readsWhole(kind, bytes),
    ),
  );

function tableFor(draw: Draw, kind: ImportKind): Buffer {
  const columns = kind.columns.filter((_, i) => i === 0 || draw(2) === 0);
  const rows = Array.from({ length: draw(5) }, () => columns.map(() => cellFor(draw)).join(','));
  const table = Buffer.from([columns.join(','), ...rows, ''].join(draw(6) === 0 ? '\r\n' : '\n'));
  return draw(2) === 0 ? table : disturbed(draw, [table]);
}

function cellFor(draw: Draw): string {
  const text = draw(3) > 0 ? pick(draw, CELLS) : disturbedText(draw, CELLS);
  return /[",\r\n]/.test(text) && draw(8) > 0 ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Every other input in either encoding: a disturbed table is seldom in one of them. */
async function readsWhole(kind: ImportKind, bytes: Buffer): Promise<void> {
  await readsIn(kind, bytes, { ...OWN_COLUMNS, encoding: bytes.length % 2 === 0 ? 'utf-8' : 'gb18030' });
}

async function readsIn(kind: ImportKind, bytes: Buffer, mapping: ColumnMapping): Promise<void> {
  const stream = Readable.from([bytes], { objectMode: false });
  try {
    for await (const { place, asks } of readTable(kind, mapping, stream)) {
      holds(/^line \d+$/.test(place), `a row at ${place}`);
      if ('refused' in asks) holds(asks.refused !== '', 'a row is refused without a reason');
      else for (const registration of asks.registrations) sound(registration);
    }
  } catch (error) {
    if (!refused('import-columns', 'import-not-a-table')(error)) throw error;
  }
}

function sound(registration: Registration): void {
  for (const value of Object.values(registration))
    if (typeof value === 'number') holds(Number.isFinite(value), `${registration.do} with ${value}`);
  if (registration.do === 'alias')
    holds(
      /^([a-z]+:[0-9A-Za-z]+|sim:[0-9A-Za-z][0-9A-Za-z._-]*|device:[0-9A-Za-z._-]+:[0-9A-Za-z._-]+|maker:[^\p{Cc}\p{Cs}]{1,120})$/u.test(
        registration.claim,
      ),
      registration.claim,
    );
}

const MAPPINGS = [
  '{"columns":{"iccid":"Card No"},"ignored":["PIN1"]}',
  '{"columns":{}}',
  '{"ignored":["a"]}',
  '{"columns":{"iccid":"卡号"},"encoding":"gb18030"}',
];

const LISTS = [
  '8986001234567890123\n+4915112345678\nsubject/17\n',
  'place,msisdn,iccid\n1,8613800000000,8986001234567890123\n',
  `ICCID;x\n"'8986001234567890123";"=""1"""\n`,
].map(text => Buffer.from(text));

/** Whatever a list of cards is made of, it is read as names without control characters or refused by name. */
async function namesWhole(bytes: Buffer): Promise<void> {
  const isNamed = refused('measure-list-unreadable', 'measure-batch-empty', 'measure-batch-too-large');
  for (const encoding of ['utf-8', 'gb18030'] as const) {
    try {
      const names = await namesListed(Readable.from([bytes], { objectMode: false }), { encoding });
      for (const name of names)
        holds(name !== '' && !/\p{Cc}/u.test(name), `a card named ${JSON.stringify(name)}`);
    } catch (error) {
      if (!isNamed(error)) throw error;
    }
  }
}

/** Everything that reads a table of registrations, or a list of cards. */
export const TABLE_TARGETS: readonly Target[] = [
  ...importTargets,
  target('card-list', draw => disturbed(draw, LISTS), namesWhole),
  target(
    'column-mapping',
    draw =>
      draw(2) === 0
        ? disturbedText(draw, MAPPINGS)
        : JSON.stringify(disturbedValue(draw, JSON.parse(pick(draw, MAPPINGS)))),
    text => void refusedOr(refused('import-mapping'), () => readColumnMapping(text ?? 'null')),
  ),
];
