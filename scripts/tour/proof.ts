import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type LogReport,
  leafHash,
  logPath,
  parseCheckpoint,
  policyOf,
  VerificationError,
  verifyTiles,
} from '@thingward/verifier';
import type { Started } from './feed.ts';
import { type Stage, TourFault } from './stage.ts';

const WIDTH = 256;
const HASH_BYTES = 32;

/** Checks the evidence of the case and the whole ledger from outside, and that a changed copy is refused. */
export async function prove(
  stage: Stage,
  { server, key }: Started,
  { caseId, measureId }: { caseId: number; measureId: number },
): Promise<void> {
  stage.heading('proof');
  const ledger = join(stage.folder, 'desk', 'ledger');
  const at = await stage.until('checkpoint', async () => {
    rmSync(ledger, { recursive: true, force: true });
    await download(server.address, ledger);
    return await indexOf(ledger, key, 'measure-verified', `measure/${measureId}`);
  });
  await checkEvidence(stage, key, caseId);

  const good = await verified(ledger, key);
  stage.claim(good instanceof Object && 'bundles' in good, 'ledger.good', { entries: sizeIn(ledger) });
  const altered = join(stage.folder, 'desk', 'ledger-altered');
  cpSync(ledger, altered, { recursive: true });
  const change = ['"act":"measure-verified"', '"act":"measure-effective"'] as const;
  const entry = alter(altered, at, ...change);
  stage.tell('ledger.altered', { index: at, before: change[0], after: change[1] });
  const refusal = await verified(altered, key);
  claimRefused(stage, 'ledger.refused', refusal);
  await mendHash(altered, at, entry);
  claimRefused(stage, 'ledger.forged', await verified(altered, key));
  stage.claim('bundles' in (await verified(ledger, key)), 'ledger.still');
}

async function checkEvidence(stage: Stage, key: string, caseId: number): Promise<void> {
  const folder = join(stage.folder, 'desk', 'evidence');
  await stage.json('evidence', String(caseId), '--out', folder);
  const file = stage.file('ledger.vkey', key);
  const { checks, failed, isProved } = await stage.json<{
    checks: unknown[];
    failed: number;
    isProved: boolean;
  }>('verify', folder, '--key', file);
  stage.claim(isProved && failed === 0 && checks.length > 0, 'proof.verified', {
    checks: checks.length,
    failed,
  });
  const judged = await stage.json<{
    isGood: boolean;
    findings: { isRepeated: boolean; hasSameInputs: boolean }[];
  }>('rejudge', folder);
  const isSame = judged.findings.every(each => each.isRepeated && each.hasSameInputs);
  stage.claim(judged.isGood && isSame && judged.findings.length > 0, 'proof.rejudged', {
    findings: judged.findings.length,
  });
}

/** Copies the log as any stranger can: the checkpoint, then what it implies, by C2SP paths. */
async function download(address: string, folder: string): Promise<void> {
  const take = async (path: string) => {
    const answer = await fetch(`${address}/ledger/${path}`);
    if (!answer.ok) return;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), Buffer.from(await answer.arrayBuffer()));
  };
  await take('checkpoint');
  const size = sizeIn(folder);
  for (const level of ['entries', '0', '1', '2']) {
    const width = level === 'entries' ? 1 : WIDTH ** Number(level);
    const hashes = Math.floor(size / width);
    for (let n = 0; n * WIDTH < hashes; n += 1)
      await take(logPath(level, n, Math.min(WIDTH, hashes - n * WIDTH)));
  }
}

function sizeIn(folder: string): number {
  return parseCheckpoint(
    readFileSync(join(folder, 'checkpoint'), 'utf8').split('\n\n')[0]?.concat('\n') ?? '',
  ).size;
}

/** What the verifier says of a downloaded log: its report, or why it refuses. */
async function verified(
  folder: string,
  key: string,
  onEntry?: (entry: Uint8Array, index: number) => void,
): Promise<LogReport | VerificationError> {
  try {
    return await verifyTiles(async path => read(join(folder, path)), await policyOf(key), onEntry);
  } catch (fault) {
    if (fault instanceof VerificationError) return fault;
    throw fault;
  }
}

function read(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

async function indexOf(folder: string, key: string, act: string, object: string): Promise<number | false> {
  let found: number | false = false;
  await verified(folder, key, (entry, index) => {
    const told = JSON.parse(Buffer.from(entry).toString('utf8')) as { act: string; object: string };
    if (told.act === act && told.object === object) found = index;
  });
  return found;
}

/** Replaces a text in the entry of that number in its bundle, its length mended; answers the new entry. */
function alter(folder: string, index: number, from: string, to: string): Uint8Array<ArrayBuffer> {
  const path = join(folder, pathAt(folder, 'entries', index));
  const bundle = readFileSync(path);
  let at = 0;
  for (let skipped = index % WIDTH; skipped > 0; skipped -= 1) at += 2 + bundle.readUInt16BE(at);
  const end = at + 2 + bundle.readUInt16BE(at);
  const before = bundle.subarray(at + 2, end).toString('utf8');
  const entry = new Uint8Array(Buffer.from(before.replace(from, to)));
  if (!before.includes(from)) throw new TourFault(`${from}?`);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(entry.length);
  writeFileSync(path, Buffer.concat([bundle.subarray(0, at), head, entry, bundle.subarray(end)]));
  return entry;
}

async function mendHash(folder: string, index: number, entry: Uint8Array<ArrayBuffer>): Promise<void> {
  const path = join(folder, pathAt(folder, '0', index));
  const tile = readFileSync(path);
  tile.set(await leafHash(entry), (index % WIDTH) * HASH_BYTES);
  writeFileSync(path, tile);
}

function pathAt(folder: string, level: string, index: number): string {
  const n = Math.floor(index / WIDTH);
  return logPath(level, n, Math.min(WIDTH, sizeIn(folder) - n * WIDTH));
}

function claimRefused(stage: Stage, key: 'ledger.refused' | 'ledger.forged', outcome: object): void {
  const isRefused = outcome instanceof VerificationError;
  stage.claim(isRefused, key, isRefused ? { code: outcome.code, detail: outcome.detail } : {});
}
