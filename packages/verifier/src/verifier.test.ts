import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  fromHex,
  openNote,
  parseNote,
  parsePolicy,
  parseVerifierKey,
  policyOf,
  toBase64,
  verifyCheckpoint,
  verifyCommitment,
  verifyConsistency,
  verifyInclusion,
  verifyProof,
  verifyTiles,
  verifyTreeConsistency,
} from './index.ts';

/** Facts from others: the example of C2SP signed-note, and the public Go checksum database. */
const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const EXAMPLE_NOTE =
  'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
const SUMDB_KEY = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';
const SUMDB_ORIGIN = 'go.sum database tree';
const vector = (name: string): Buffer =>
  readFileSync(new URL(`../../../tests/vectors/sumdb/mod-v0.7.0.${name}`, import.meta.url));

/** A signer of its own for these tests, from Node's crypto: nothing of the code under test makes what it checks. */
function signer(name: string, type: 1 | 4) {
  const pair = generateKeyPairSync('ed25519');
  const raw = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x as string, 'base64url');
  const typed = Buffer.concat([Buffer.of(type), raw]);
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4);
  const line = (message: string, time: Buffer): string => {
    const signature = sign(null, Buffer.from(message), pair.privateKey);
    return `— ${name} ${Buffer.concat([id, time, signature]).toString('base64')}\n`;
  };
  return {
    vkey: `${name}+${id.toString('hex')}+${typed.toString('base64')}`,
    sign: (text: string) => line(text, Buffer.alloc(0)),
    cosign: (text: string, seconds = 1_790_000_000) => {
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(BigInt(seconds));
      return line(`cosignature/v1\ntime ${seconds}\n${text}`, time);
    },
  };
}

const leaf = (entry: string): Buffer => createHash('sha256').update(`\0${entry}`).digest();
const node = (a: Buffer, b: Buffer): Buffer =>
  createHash('sha256').update(Buffer.of(1)).update(a).update(b).digest();

describe('a signed note', () => {
  test('of the specification verifies, and its key has the printed id', async () => {
    const key = await parseVerifierKey(EXAMPLE_KEY);
    expect(await openNote(EXAMPLE_NOTE, [key])).toBe('This is an example message.\n');
  });

  test('of the Go checksum database verifies', async () => {
    const key = await parseVerifierKey(SUMDB_KEY);
    const note =
      'go.sum database tree\n15081221\nBoMMe1wd25Tco0mYGROkyqxHZWx+hcSCtMV315Lu6Lg=\n\n— sum.golang.org Az3grilD7vQqTrv66jRgKM84Y80KTprrSt4bKmiOPxgmS5ZVBTeCl6dUvjYnN13R+C8j0jGY1WnUADGMkok3U0m2Zgo=\n';
    expect(await openNote(note, [key])).toContain('15081221');
    await expect(openNote(note.replace('15081221', '15081222'), [key])).rejects.toMatchObject({
      code: 'signature-invalid',
    });
  });

  test('splits at the last empty line and may hold empty lines itself', () => {
    const note =
      'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';
    expect(parseNote(note).text.endsWith('ed è subito sera.\n')).toBe(true);
    expect(parseNote(note).signatures.length).toBe(1);
  });

  test('with an unknown line beside the known one verifies; alone, the unknown line is nothing', async () => {
    const [log, stranger] = [signer('log.example', 1), signer('log.example', 1)];
    const key = await parseVerifierKey(log.vkey);
    expect(await openNote(`a\n\n${stranger.sign('a\n')}${log.sign('a\n')}`, [key])).toBe('a\n');
    await expect(openNote(`a\n\n${stranger.sign('a\n')}`, [key])).rejects.toMatchObject({
      code: 'note-unsigned',
    });
  });

  test.each([
    ['a\n', 'note-malformed'],
    ['a\n\n', 'note-malformed'],
    ['a\u0007\n\n— x AAAAAAAA\n', 'note-malformed'],
    ['a\n\n- x AAAAAAAA\n', 'note-malformed'],
    ['a\n\n— x AAAAAAA\n', 'note-malformed'],
    ['a\n\n— x AAAAAAAA', 'note-malformed'],
  ])('%j is refused', async (note, code) => {
    const key = await parseVerifierKey(EXAMPLE_KEY);
    await expect(openNote(note, [key])).rejects.toMatchObject({ code });
  });

  test.each([
    '',
    'a+b',
    EXAMPLE_KEY.replace('530d903a', '530d903b'),
    EXAMPLE_KEY.replace('foo', 'fou'),
    `${EXAMPLE_KEY}A`,
  ])('a key %j is refused', async vkey => {
    await expect(parseVerifierKey(vkey)).rejects.toMatchObject({ code: 'vkey-malformed' });
  });
});

describe('a proof', () => {
  test('of the Go checksum database leads from its record to its signed root', async () => {
    const policy = await policyOf(SUMDB_KEY, SUMDB_ORIGIN);
    const verified = await verifyProof(vector('tlog-proof').toString(), vector('entry'), policy);
    expect(verified.index).toBe(13_846_090);
    expect(verified.checkpoint.size).toBe(66_385_784);
  });

  test('is refused with another entry, index, hash, checkpoint, key or origin', async () => {
    const policy = await policyOf(SUMDB_KEY, SUMDB_ORIGIN);
    const [text, entry] = [vector('tlog-proof').toString(), vector('entry')];
    const other = Buffer.from(entry);
    other[3] = (other[3] as number) ^ 1;
    const cases: Array<[string, Uint8Array, string]> = [
      [text, other, 'proof-invalid'],
      [text.replace('index 13846090', 'index 13846091'), entry, 'proof-invalid'],
      [text.replace('index 13846090', 'index 66385784'), entry, 'proof-invalid'],
      [text.replace('B6Mdf', 'B6Mdg'), entry, 'proof-invalid'],
      [text.replace('B6MdfAnimHWhJ+AGDf9xC447hUhhot8O5BB0wykNt7U=\n', ''), entry, 'proof-invalid'],
      [text.replace('66385784', '66385785'), entry, 'signature-invalid'],
      [text.replace('go.sum', 'go.som'), entry, 'origin-unknown'],
      [text.replace('@v1', '@v2'), entry, 'proof-malformed'],
      [text.replace('index 1', 'index 01'), entry, 'proof-malformed'],
    ];
    for (const [changed, leafEntry, code] of cases) {
      expect(changed === text && leafEntry === entry).toBe(false);
      await expect(verifyProof(changed, leafEntry, policy), code).rejects.toMatchObject({ code });
    }
    const stranger = await policyOf(EXAMPLE_KEY, SUMDB_ORIGIN);
    await expect(verifyProof(text, entry, stranger)).rejects.toMatchObject({ code: 'note-unsigned' });
  });

  test('may carry extra data, which is never looked at', async () => {
    const policy = await policyOf(SUMDB_KEY, SUMDB_ORIGIN);
    const extra = vector('tlog-proof').toString().replace('index', 'extra AAAA\nindex');
    await expect(verifyProof(extra, vector('entry'), policy)).resolves.toMatchObject({ index: 13_846_090 });
  });

  test('of a log with one entry has no hashes', async () => {
    const log = signer('one.example', 1);
    const text = `one.example\n1\n${leaf('x').toString('base64')}\n`;
    const proof = `c2sp.org/tlog-proof@v1\nindex 0\n\n${text}\n${log.sign(text)}`;
    await expect(verifyProof(proof, Buffer.from('x'), await policyOf(log.vkey))).resolves.toMatchObject({
      index: 0,
    });
  });
});

describe('a checkpoint', () => {
  test('meets a policy when the quorum of witnesses cosigned, and not below it', async () => {
    const log = signer('log.example', 1);
    const witnesses = ['a.example', 'b.example', 'c.example'].map(name => signer(name, 4));
    const policy = await parsePolicy(
      [
        '# two of three',
        `log ${log.vkey} https://log.example/`,
        ...witnesses.map((witness, i) => `witness w${i} ${witness.vkey}`),
        'group all-of-them 2 w0 w1 w2',
        'quorum all-of-them',
      ].join('\n'),
    );
    const text = `log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`;
    const signed = `${text}\n${log.sign(text)}`;
    const [first, second] = witnesses.map(witness => witness.cosign(text));
    await expect(verifyCheckpoint(signed, policy)).rejects.toMatchObject({ code: 'quorum-missed' });
    await expect(verifyCheckpoint(signed + first + first, policy)).rejects.toMatchObject({
      code: 'quorum-missed',
    });
    await expect(verifyCheckpoint(signed + first + second, policy)).resolves.toMatchObject({ size: 0 });
    const wrong = (witnesses[2] as (typeof witnesses)[0]).cosign('another text\n');
    await expect(verifyCheckpoint(signed + first + second + wrong, policy)).rejects.toMatchObject({
      code: 'signature-invalid',
    });
    await expect(verifyCheckpoint(`${text}\n${first}${second}`, policy)).rejects.toMatchObject({
      code: 'note-unsigned',
    });
  });

  test.each([
    ['quorum a', 'a name nobody bears'],
    ['log x', 'a key that is none'],
    ['', 'no quorum'],
    ['quorum none\nquorum none', 'two quorums'],
    ['group none any none\nquorum none', 'a reserved name'],
  ])('has no policy in %j: %s', async text => {
    await expect(parsePolicy(text)).rejects.toThrow(/policy-malformed|vkey-malformed/);
  });

  test('is consistent with an older one by its proof, and by no other', async () => {
    const log = signer('log.example', 1);
    const note = (size: number, root: Buffer): string => {
      const text = `log.example\n${size}\n${root.toString('base64')}\n`;
      return `${text}\n${log.sign(text)}`;
    };
    const [a, b, c] = [leaf('a'), leaf('b'), leaf('c')];
    const [two, three] = [note(2, node(a, b)), note(3, node(node(a, b), c))];
    const policy = await policyOf(log.vkey);
    await expect(verifyConsistency(two, three, [Uint8Array.from(c)], policy)).resolves.toMatchObject({
      size: 3,
    });
    for (const hashes of [[], [Uint8Array.from(a)], [Uint8Array.from(c), Uint8Array.from(c)]]) {
      await expect(verifyConsistency(two, three, hashes, policy)).rejects.toMatchObject({
        code: 'consistency-invalid',
      });
    }
    await expect(verifyConsistency(three, two, [], policy)).rejects.toMatchObject({
      code: 'consistency-invalid',
    });
    const forked = note(3, node(node(a, c), c));
    await expect(verifyConsistency(three, forked, [], policy)).rejects.toMatchObject({
      code: 'consistency-invalid',
    });
  });
});

describe('a tree', () => {
  const entries = Array.from({ length: 66 }, (_, i) => leaf(`entry ${i}`));
  const root = (from: number, to: number): Buffer => {
    if (to - from === 1) return entries[from] as Buffer;
    let split = 1;
    while (split * 2 < to - from) split *= 2;
    return node(root(from, from + split), root(from + split, to));
  };
  const path = (m: number, from: number, to: number): Buffer[] => {
    if (to - from === 1) return [];
    let split = 1;
    while (split * 2 < to - from) split *= 2;
    const middle = from + split;
    if (m < middle) return [...path(m, from, middle), root(middle, to)];
    return [...path(m, middle, to), root(from, middle)];
  };
  const history = (m: number, from: number, to: number, isWhole: boolean): Buffer[] => {
    if (m === to) return isWhole ? [] : [root(from, to)];
    let split = 1;
    while (split * 2 < to - from) split *= 2;
    const middle = from + split;
    if (m <= middle) return [...history(m, from, middle, isWhole), root(middle, to)];
    return [...history(m, middle, to, false), root(from, middle)];
  };
  const octets = (buffers: Buffer[]) => buffers.map(buffer => Uint8Array.from(buffer));

  test('proves every leaf and every beginning at all sizes to 66 by the definitions of RFC 6962', async () => {
    for (let size = 1; size <= entries.length; size++) {
      const whole = Uint8Array.from(root(0, size));
      for (let m = 0; m < size; m++) {
        const proof = octets(path(m, 0, size));
        await verifyInclusion(Uint8Array.from(entries[m] as Buffer), m, size, proof, whole);
        const wrong = verifyInclusion(Uint8Array.from(leaf('no')), m, size, proof, whole);
        await expect(wrong).rejects.toMatchObject({ code: 'proof-invalid' });
      }
      for (let m = 1; m < size; m++) {
        const older = { size: m, root: Uint8Array.from(root(0, m)) };
        const proof = octets(history(m, 0, size, true));
        await verifyTreeConsistency(older, { size, root: whole }, proof);
        const wrong = verifyTreeConsistency({ size: m, root: whole }, { size, root: whole }, proof);
        await expect(wrong).rejects.toMatchObject({ code: 'consistency-invalid' });
      }
    }
  });
});

describe('a commitment', () => {
  test('opens with its salt and text and with nothing else', async () => {
    const salt = Uint8Array.from({ length: 32 }, (_, i) => i);
    const made = fromHex(createHmac('sha256', salt).update('iccid:8986000000000000001').digest('hex'))!;
    await expect(verifyCommitment(made, salt, 'iccid:8986000000000000001')).resolves.toBeUndefined();
    await expect(verifyCommitment(made, salt, 'iccid:8986000000000000002')).rejects.toMatchObject({
      code: 'commitment-invalid',
    });
    await expect(verifyCommitment(made, new Uint8Array(32), 'x')).rejects.toMatchObject({
      code: 'commitment-invalid',
    });
    await expect(verifyCommitment(made, salt.slice(1), 'x')).rejects.toMatchObject({
      code: 'commitment-invalid',
    });
  });
});

describe('a downloaded log', () => {
  const log = signer('log.example', 1);

  /** A log of 300 entries as files, laid out by hand. */
  function files(): Map<string, Buffer> {
    const entries = Array.from({ length: 300 }, (_, i) => `entry ${i}`);
    const hashes = entries.map(leaf);
    const root = (part: Buffer[]): Buffer => {
      if (part.length === 1) return part[0] as Buffer;
      let split = 1;
      while (split * 2 < part.length) split *= 2;
      return node(root(part.slice(0, split)), root(part.slice(split)));
    };
    const bundle = (part: string[]): Buffer =>
      Buffer.concat(part.flatMap(entry => [Buffer.of(0, entry.length), Buffer.from(entry)]));
    const text = `log.example\n300\n${root(hashes).toString('base64')}\n`;
    return new Map([
      ['checkpoint', Buffer.from(`${text}\n${log.sign(text)}`)],
      ['tile/entries/000', bundle(entries.slice(0, 256))],
      ['tile/entries/001.p/44', bundle(entries.slice(256))],
      ['tile/0/000', Buffer.concat(hashes.slice(0, 256))],
      ['tile/0/001.p/44', Buffer.concat(hashes.slice(256))],
      ['tile/1/000.p/1', root(hashes.slice(0, 256))],
    ]);
  }
  const verify = async (held: Map<string, Buffer>) =>
    verifyTiles(async path => held.get(path) ?? null, await policyOf(log.vkey));

  test('is derived anew from its entries', async () => {
    await expect(verify(files())).resolves.toMatchObject({ bundles: 2, tiles: 3, checkpoint: { size: 300 } });
  });

  test('is refused when any one byte of any file is another', async () => {
    for (const path of files().keys()) {
      for (const place of [0.1, 0.5, 0.9]) {
        const held = files();
        const bytes = held.get(path) as Buffer;
        const at = Math.floor(bytes.length * place);
        bytes[at] = (bytes[at] as number) ^ 1;
        await expect(verify(held), `${path} at ${at}`).rejects.toMatchObject({ name: 'VerificationError' });
      }
    }
  });

  test('is refused when any file is missing, cut short or longer', async () => {
    for (const path of files().keys()) {
      const [missing, cut, long] = [files(), files(), files()];
      missing.delete(path);
      cut.set(path, (cut.get(path) as Buffer).subarray(0, -1));
      long.set(path, Buffer.concat([long.get(path) as Buffer, Buffer.alloc(34)]));
      for (const held of [missing, cut, long]) {
        await expect(verify(held), path).rejects.toMatchObject({ name: 'VerificationError' });
      }
    }
  });
});

test('base64 has one spelling', () => {
  expect(toBase64(Uint8Array.of(255, 254))).toBe('//4=');
});
