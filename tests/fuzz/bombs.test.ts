import { createHash } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { parsePolicy, parseProof, verifyTiles } from '../../packages/verifier/src/index.ts';
import { contributions } from '../../server/src/house.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { worldOf } from '../../server/src/spine/contribution.ts';
import type { RecordFormat } from '../../server/src/spine/observations/format.ts';
import { plainProfile, type SourceProfile } from '../../server/src/spine/observations/source-profile.ts';
import { checkRule } from '../../server/src/spine/rules/check-rule.ts';
import { effort } from '../prove.ts';
import { SEEDS } from './format-seeds.ts';

const MB = 2 ** 20;
/** What each stream of the tests comes to. */
const STREAM_BYTES = effort(2, 32) * MB;
/** What reading it may hold at once, garbage that waits for its collector included. */
const MOST_HELD_BYTES = 160 * MB;

const formats = new Map(contributions.flatMap(each => each.formats.map(format => [format.name, format])));

/** Pieces of 64 KiB up to `STREAM_BYTES`, after a beginning. */
function* endless(piece: string | Buffer, beginning: string | Buffer = ''): Generator<Uint8Array> {
  yield Buffer.from(beginning);
  const one = Buffer.from(piece);
  const part = Buffer.concat(Array.from({ length: Math.max(1, Math.ceil(65_536 / one.length)) }, () => one));
  for (let sent = 0; sent < STREAM_BYTES; sent += part.length) yield Buffer.from(part);
}

interface Read {
  readonly records: number;
  readonly bytes: number;
  readonly heldBytes: number;
  readonly refused: string | null;
}

async function read(
  name: string,
  stream: Iterable<Uint8Array>,
  profile?: Partial<SourceProfile>,
): Promise<Read> {
  const format = formats.get(name) as RecordFormat;
  const with_ = { ...plainProfile, ...(profile ?? SEEDS.get(name)?.profiles[0]) };
  const before = held();
  let [records, bytes, heldBytes] = [0, 0, 0];
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* stream;
  }
  try {
    for await (const cut of format.read(source(), with_)) {
      records += 1;
      bytes += cut.raw.length;
      if (records % 64 === 0) heldBytes = Math.max(heldBytes, held() - before);
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { records, bytes, heldBytes, refused: error.code };
  }
  process.stdout.write(
    `fuzz stream-${name} stream_mb=${Math.round(STREAM_BYTES / MB)} records=${records} held_mb=${Math.round(heldBytes / MB)}\n`,
  );
  return { records, bytes, heldBytes, refused: null };
}

function held(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

describe('a stream that means to exhaust memory', () => {
  it.each([...formats.keys()])('%s reads one endless line in bounded pieces', async name => {
    const { heldBytes } = await read(name, endless('x'));
    expect(heldBytes).toBeLessThan(MOST_HELD_BYTES);
  });

  it.each([...formats.keys()])('%s reads nothing but line ends, quotes and zeros without end', async name => {
    for (const piece of ['\n', '\r', '"', ',', '\0', '\u{feff}', ' '])
      expect((await read(name, endless(piece))).heldBytes).toBeLessThan(MOST_HELD_BYTES);
  });

  it.each([
    ['generic-csv', '"', 'iccid,time,bytesUp\n'],
    ['generic-csv', '\n', 'iccid,time,bytesUp\n"'],
    ['generic-csv', ',', 'iccid,time,bytesUp\n'],
    ['freeradius-detail', '\tUser-Name = "a"\n', 'Sun Nov  1 10:00:00 2026\n'],
    ['freeradius-detail', '\\"', '\tUser-Name = "'],
    ['generic-json', '[', ''],
    ['generic-json', '{"a":', ''],
    ['generic-json', '1,', '['],
    ['generic-json', '"a":1,', '{'],
  ])('%s holds no more of an endless %j than its bounds allow', async (name, piece, beginning) => {
    const { heldBytes } = await read(name, endless(piece, beginning), SEEDS.get(name)?.profiles[1]);
    expect(heldBytes).toBeLessThan(MOST_HELD_BYTES);
  });

  it.each([
    ['indefinite lengths nested without end', '3080', '6180'],
    ['definite lengths that each claim four gibibytes', '3084ffffffff', '6184ffffffff'],
    ['lengths of eight octets', '3088ffffffffffffffff', '6180'],
    ['a tag without end', 'ff', '61803fff'],
    ['events without end of one octet', '8000', '61806480638080'],
    ['ends of contents without end', '0000', '6180'],
  ])('tap3 reads %s in bounded memory', async (_, piece, beginning) => {
    const { heldBytes } = await read(
      'tap3',
      endless(Buffer.from(piece, 'hex'), Buffer.from(beginning, 'hex')),
    );
    expect(heldBytes).toBeLessThan(MOST_HELD_BYTES);
  });
});

describe('a text that means to exhaust its reader', () => {
  const world = worldOf(contributions);
  const aliases = Array.from(
    { length: 60 },
    (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]`,
  ).join('\n');

  it.each([
    ['a million levels of YAML flow', '['.repeat(1_000_000)],
    ['a million levels of YAML mappings', '{a: '.repeat(1_000_000)],
    [
      'a hundred thousand levels of YAML blocks',
      Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    ],
    ['sequences within sequences on one line', `${'- '.repeat(30_000)}a`],
    ['aliases of aliases of aliases', `a0: &a0 [x]\n${aliases}`],
    ['a merge of itself', 'a: &a\n  <<: *a\n'],
    ['sixty thousand keys', Array.from({ length: 8_000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['one key sixty thousand times', 'a: 1\n'.repeat(12_000)],
    ['ten megabytes', `id: ${'x'.repeat(10_000_000)}`],
    ['an endless quote', `id: "${'\\n'.repeat(30_000)}`],
    ['directives', '%TAG ! tag:x,2000:\n'.repeat(3_000)],
    ['documents', '---\n'.repeat(16_000)],
  ])('a rule file of %s is refused with a place, within two seconds', (_, text) => {
    const began = performance.now();
    const check = checkRule(text, 'bomb', world);
    expect(check.outcome).toBe('refused');
    expect(performance.now() - began).toBeLessThan(2_000 * effort(2, 1));
  });

  it('a policy of groups of groups is answered at once, though its paths are beyond counting', async () => {
    const raw = Buffer.alloc(32, 1);
    const typed = Buffer.concat([Buffer.of(4), raw]);
    const id = createHash('sha256').update('w\n').update(typed).digest('hex').slice(0, 8);
    const groups = Array.from({ length: 20_000 }, (_, i) => `group g${i + 1} any ${i === 0 ? 'w' : `g${i}`}`);
    const text = [`witness w w+${id}+${typed.toString('base64')}`, ...groups, 'quorum g20000'].join('\n');
    const began = performance.now();
    const outcome = await parsePolicy(text).then(
      policy => policy.isQuorum(new Set()),
      (error: Error) => error.name,
    );
    expect([false, 'VerificationError']).toContain(outcome);
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  it('a proof of a megabyte of hash lines is refused at its first line too many', () => {
    const lines = `${'A'.repeat(43)}=\n`.repeat(25_000);
    expect(() => parseProof(`c2sp.org/tlog-proof@v1\nindex 1\n${lines}\nx`)).toThrow('proof-malformed');
  });

  it('a log of two hundred million million entries ends at the first file it lacks', async () => {
    let asked = 0;
    const outcome = verifyTiles(
      async () => {
        asked += 1;
        return null;
      },
      { logs: [], witnesses: [], isQuorum: () => true },
    );
    await expect(outcome).rejects.toMatchObject({ name: 'VerificationError' });
    expect(asked).toBeLessThan(5);
  });
});
