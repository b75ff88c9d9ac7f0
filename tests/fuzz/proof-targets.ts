import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import {
  openNote,
  parseCheckpoint,
  parseNote,
  parsePolicy,
  parseProof,
  parseVerifierKey,
  policyOf,
  VerificationError,
  verifyProof,
  verifyTiles,
} from '../../packages/verifier/src/index.ts';
import { readEntry } from '../../packages/witness/src/monitor/watches.ts';
import { parseSubmission } from '../../packages/witness/src/submission.ts';
import { disturbed, disturbedText, pick } from './disturb.ts';
import { type Draw, holds, type Target, target } from './target.ts';

/** A log of three entries, signed by a key of this process: its own proofs verify, and nothing else may. */
const pair = generateKeyPairSync('ed25519');
const typed = Buffer.concat([
  Buffer.of(1),
  Buffer.from(pair.publicKey.export({ format: 'jwk' }).x as string, 'base64url'),
]);
const NAME = 'log.example';
const id = createHash('sha256').update(`${NAME}\n`).update(typed).digest().subarray(0, 4);
const vkey = `${NAME}+${id.toString('hex')}+${typed.toString('base64')}`;
const leafOf = (entry: string): Buffer => createHash('sha256').update(`\0${entry}`).digest();
const nodeOf = (a: Buffer, b: Buffer): Buffer =>
  createHash('sha256').update(Buffer.of(1)).update(a).update(b).digest();
const entries = ['{"act":"a","at":"2026-11-01T10:00:00Z"}', '{"act":"b"}', '{"act":"c"}'];
const [l0, l1, l2] = entries.map(leafOf) as [Buffer, Buffer, Buffer];
const root = nodeOf(nodeOf(l0, l1), l2).toString('base64');
const body = `${NAME}\n3\n${root}\n`;
const signature = Buffer.concat([id, sign(null, Buffer.from(body), pair.privateKey)]).toString('base64');
const checkpoint = `${body}\n— ${NAME} ${signature}\n`;
const proof = `c2sp.org/tlog-proof@v1\nindex 0\n${l1.toString('base64')}\n${l2.toString('base64')}\n\n${checkpoint}`;
const policyText = `log ${vkey}\nquorum none\n`;
const policy = await policyOf(vkey);
const logKey = await parseVerifierKey(vkey);

const bundle = Buffer.concat(
  entries.map(entry => Buffer.concat([Buffer.of(0, entry.length), Buffer.from(entry)])),
);
const tile = Buffer.concat([l0, l1, l2]);
const FILES: Readonly<Record<string, Buffer>> = {
  checkpoint: Buffer.from(checkpoint),
  'tile/entries/000.p/3': bundle,
  'tile/0/000.p/3': tile,
};

/** Runs a verification: true when it says yes, false when it says why not. */
async function verified(verify: () => unknown): Promise<boolean> {
  try {
    await verify();
    return true;
  } catch (error) {
    if (error instanceof VerificationError) return false;
    throw error;
  }
}

/** Any text but the one that was signed, in any form. */
function textTarget(
  name: string,
  samples: readonly string[],
  verify: (text: string) => unknown,
  mayPass: (text: string) => boolean = () => true,
): Target {
  return target(
    name,
    draw => disturbedText(draw, samples),
    async text => {
      if (await verified(() => verify(text))) holds(mayPass(text), 'something else than was signed verifies');
    },
  );
}

/** Nothing may be passed for what the log signed but that itself, with other signatures' lines added or not. */
const isSignedText = (note: string): boolean => note.slice(0, note.lastIndexOf('\n\n') + 1) === body;

function tilesFor(draw: Draw): Record<string, Buffer> {
  const path = pick(draw, Object.keys(FILES));
  return { ...FILES, [path]: disturbed(draw, Object.values(FILES)) };
}

/** What the offline verifier and a witness read: every byte of it comes from whom they distrust. */
export const PROOF_TARGETS: readonly Target[] = [
  textTarget('note', [checkpoint], note => openNote(note, [logKey]), isSignedText),
  textTarget('note-structure', [checkpoint, `${checkpoint}— a b\n`], parseNote),
  textTarget('checkpoint', [body, `${NAME}\n0\n${root}\nextension\n`], parseCheckpoint),
  textTarget('vkey', [vkey, 'a+00000000+AA=='], parseVerifierKey),
  textTarget('policy', [policyText, `log ${vkey}\ngroup g any w\nquorum g\n`], parsePolicy),
  textTarget('proof-structure', [proof, proof.replace('index', 'extra AAAA\nindex')], parseProof),
  textTarget(
    'proof',
    [proof],
    text => verifyProof(text, Buffer.from(entries[0] as string), policy),
    text => text.includes('\nindex 0\n') && isSignedText(text.slice(text.indexOf('\n\n') + 2)),
  ),
  target(
    'proof-entry',
    draw =>
      disturbed(
        draw,
        entries.map(entry => Buffer.from(entry)),
      ),
    async entry => {
      const isYes = await verified(() => verifyProof(proof, entry, policy));
      holds(isYes === (entry.toString('latin1') === entries[0]), 'another entry verifies');
    },
  ),
  target('log-files', tilesFor, async files => {
    const isSame = Object.entries(FILES).every(([path, bytes]) => files[path]?.equals(bytes) === true);
    const seen: string[] = [];
    const isYes = await verified(() =>
      verifyTiles(
        async path => files[path] ?? null,
        policy,
        entry => void seen.push(Buffer.from(entry).toString('latin1')),
      ),
    );
    if (isSame) holds(isYes, 'the whole log does not verify');
    if (isYes) holds(seen.join() === entries.join(), 'a log with other entries verifies');
  }),
  target(
    'witness-submission',
    draw =>
      disturbedText(draw, [`old 0\n\n${checkpoint}`, `old 2\n${l2.toString('base64')}\n\n${checkpoint}`]),
    text => {
      const read = parseSubmission(text);
      if (read !== null)
        holds(Number.isSafeInteger(read.oldSize) && read.hashes.length <= 63, 'beyond bounds');
    },
  ),
  target(
    'ledger-entry',
    draw =>
      disturbed(
        draw,
        entries.map(entry => Buffer.from(entry)),
      ),
    bytes => void readEntry(bytes),
  ),
];
