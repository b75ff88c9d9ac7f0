import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { cosignerOf } from '../../../../../packages/witness/src/index.ts';
import { cosignatureIn, witnessKeyOf } from './cosignature.ts';
import { readWitnessPolicy } from './policy.ts';

const made = ['w1.example', 'w2.example'].map(name =>
  cosignerOf(name, generateKeyPairSync('ed25519').privateKey),
);
const [one, two] = made.map(each => each.vkey) as [string, string];
const A = `witness a ${one} https://a.example/`;
const B = `witness b ${two} https://b.example`;

describe('a policy file', () => {
  test('names the witnesses that are asked, and who of them are enough (R-10)', () => {
    const { policy, faults } = readWitnessPolicy(
      `# who\nlog x\n\t${A}\nwitness b ${two}\ngroup g 2 a b\nquorum g\n`,
    );
    expect(faults).toEqual([]);
    expect(policy.witnesses.map(({ name, url }) => [name, url])).toEqual([['a', 'https://a.example']]);
    expect(policy.isQuorum(new Set(['a']))).toBe(false);
    expect(policy.isQuorum(new Set(['a', 'b']))).toBe(true);
  });

  test.each([
    ['no quorum', A],
    ['two quorums', `${A}\nquorum a\nquorum none`],
    ['a quorum of nobody known', `${A}\nquorum b`],
    ['one name twice', `${A}\n${B.replace('witness b', 'witness a')}\nquorum a`],
    ['one key twice', `${A}\nwitness b ${one} https://b.example\nquorum a`],
    ['a changed key', `${A.replace(/\+[0-9a-f]{8}\+/, '+00000000+')}\nquorum none`],
    ['an address that is none', `witness a ${one} file:///etc/passwd\nquorum a`],
    ['a group of more than its members', `${A}\n${B}\ngroup g 3 a b\nquorum g`],
    ['a member twice', `${A}\ngroup g all a a\nquorum g`],
    ['a word nobody knows', `${A}\nwatcher b\nquorum a`],
  ])('with %s is told by its line', (_what, text) => {
    expect(readWitnessPolicy(text).faults.length).toBeGreaterThan(0);
  });
});

test('a cosignature is believed for its own text, key and time alone', () => {
  const text = 'log.example\n1\nAAAA\n';
  const line = made[0]?.cosign(text, 1_790_000_000) as string;
  const key = witnessKeyOf(one) as NonNullable<ReturnType<typeof witnessKeyOf>>;
  const other = witnessKeyOf(two) as NonNullable<ReturnType<typeof witnessKeyOf>>;
  expect(cosignatureIn(`— stranger AAAA\n${line}`, text, key)).toEqual({ line, atMs: 1_790_000_000_000 });
  expect(cosignatureIn(line, `${text}x\n`, key)).toBeNull();
  expect(cosignatureIn(line, text, other)).toBeNull();
  expect(cosignatureIn(made[0]?.cosign(text, 0) as string, text, key)).toBeNull();
  expect(cosignatureIn('', text, key)).toBeNull();
});
