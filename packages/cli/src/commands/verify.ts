import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { type Policy, parsePolicy, policyOf, VerificationError, verifyProof } from '@thingward/verifier';
import type { Command } from 'commander';
import type { Desk } from '../desk.ts';
import { changedFiles, keyBeside, proofsIn } from '../proof-files.ts';
import { Fault, UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

interface VerifyOptions {
  readonly entry?: string;
  readonly key?: string;
  readonly policy?: string;
}

/** What came of one check. */
interface Check {
  readonly file: string;
  readonly isGood: boolean;
  readonly index?: number;
  readonly size?: number;
  readonly origin?: string;
  readonly code?: string;
  readonly why?: string;
}

export function addVerify(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('verify')
    .description(say('verify'))
    .argument('<path>', say('verify.path'))
    .option('--entry <file>', say('verify.entry'))
    .option('--key <vkey>', say('verify.key'))
    .option('--policy <file>', say('verify.policy'))
    .action((path: string, options: VerifyOptions) => verify(desk, path, options));
}

/** Whose key it was checked with: one the caller gave, or the one that came along with what is checked. */
type KeyFrom = 'given' | 'folder';

/**
 * Checks every proof of the path and the digests of its folder, tells each outcome, and fails when one fails.
 *
 * With the folder's own key the outcome is called consistent and never proved: whoever made the folder could
 * have made that key.
 */
async function verify(desk: Desk, path: string, options: VerifyOptions): Promise<void> {
  const isFolder = (await stat(path)).isDirectory();
  const ownKey =
    options.key === undefined && options.policy === undefined ? await keyBeside(path, isFolder) : undefined;
  const policy = await trusted(desk, options, ownKey);
  const cameAlong = options.policy ?? options.key;
  const isOwn = cameAlong === undefined || (await liesWithin(path, isFolder, cameAlong));
  const keyFrom: KeyFrom = isOwn ? 'folder' : 'given';
  const checks: Check[] = isFolder
    ? (await changedFiles(path)).map(file => ({ file, isGood: false, code: 'sums' }))
    : [];
  for (const proof of await proofsIn(path, isFolder)) {
    checks.push(await checked(proof, options.entry ?? proof.replace(/\.tlog-proof$/, '.entry'), policy));
  }
  if (!checks.some(check => check.code !== 'sums')) throw new Fault(desk.say('verify.no-proofs', { path }));
  const bad = checks.filter(check => !check.isGood).length;
  const isProved = bad === 0 && keyFrom === 'given';
  desk.answer({ checks, failed: bad, keyFrom, isProved, keyOfFolder: ownKey ?? null }, () =>
    tell(desk, path, checks, keyFrom, ownKey),
  );
  if (bad > 0) throw new Fault(desk.say('verify.some-bad', { count: bad, all: checks.length }));
}

async function checked(file: string, entryFile: string, policy: Policy): Promise<Check> {
  try {
    const { index, checkpoint } = await verifyProof(
      await readFile(file, 'utf8'),
      await readFile(entryFile),
      policy,
    );
    return { file, isGood: true, index, size: checkpoint.size, origin: checkpoint.origin };
  } catch (fault) {
    if (fault instanceof VerificationError)
      return { file, isGood: false, code: fault.code, why: fault.detail };
    throw fault;
  }
}

/** Whom to believe: the person's key or policy first; the folder's own key only when nothing else was given. */
async function trusted(desk: Desk, options: VerifyOptions, ownKey: string | undefined): Promise<Policy> {
  try {
    if (options.policy !== undefined) return await parsePolicy(await readFile(options.policy, 'utf8'));
    const given = options.key ?? ownKey;
    if (given === undefined || given === '') throw new UsageFault(desk.say('verify.no-key'));
    return await policyOf(given.includes('+') ? given : (await readFile(given, 'utf8')).trim());
  } catch (fault) {
    if (fault instanceof VerificationError)
      throw new UsageFault(desk.say('verify.bad-key', { why: fault.message }));
    throw fault;
  }
}

/** True when the key or policy named is a file that came along with what is checked: it says no more than that does. */
async function liesWithin(path: string, isFolder: boolean, named: string): Promise<boolean> {
  const file = await realpath(named).catch(() => null);
  if (file === null) return false;
  if (isFolder) return file.startsWith(`${await realpath(path)}${sep}`);
  const proofs = dirname(await realpath(path));
  return [proofs, dirname(proofs)].some(place => file === join(place, 'ledger.vkey'));
}

function tell(
  desk: Desk,
  path: string,
  checks: readonly Check[],
  keyFrom: KeyFrom,
  ownKey: string | undefined,
): void {
  const isGiven = keyFrom === 'given';
  for (const { file, isGood, index = 0, size = 0, origin = '', code = '', why = '' } of checks) {
    if (isGood) {
      desk.line(desk.say(isGiven ? 'verify.good' : 'verify.consistent', { file, index, size, origin }));
    } else if (code === 'sums') desk.line(desk.say('verify.sums-bad', { file }));
    else desk.line(desk.say('verify.bad', { file, code, why }));
  }
  if (checks.every(check => check.isGood)) {
    desk.line(desk.say(isGiven ? 'verify.all-good' : 'verify.all-consistent', { count: checks.length }));
  }
  if (isGiven) return;
  desk.line(desk.say('verify.not-proved', { path: plain(path) }));
  if (ownKey !== undefined) desk.line(desk.say('verify.own-key', { key: plain(ownKey) }));
}
