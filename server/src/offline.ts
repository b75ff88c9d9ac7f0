import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { toldRefusal } from './api/start-refusal.ts';
import { certificateProfileCatalogues } from './content.ts';
import { contributions } from './house.ts';
import { isRefusal } from './kernel/refusal.ts';
import { systemClock } from './kernel/time.ts';
import { makeRoot, readProfiles, renewRootList, signAuthority } from './modules/devices/module.ts';
import { worldOf } from './spine/contribution.ts';
import { type EvidenceFolder, rejudge } from './spine/rejudging.ts';
import { checkRule } from './spine/rules/check-rule.ts';
import { explainRule } from './spine/rules/explain.ts';

/**
 * The server's own judging, without a server: `rejudge FOLDER`, `check FILE`, `explain FILE`; and the root of certificate
 * authorities, which no server holds: `root-make`, `root-sign`, `root-list` with one JSON of what is asked. Prints one JSON
 * document to standard output; exits 0 when all is well, 1 when it is not, 2 for a wrong call.
 */
function run(args: readonly string[]): number {
  const [deed, path] = args;
  if (deed?.startsWith('root-')) return sayOfRoot(deed, path ?? '{}');
  if (path === undefined || !existsSync(path)) return say({ error: 'path-missing', path: path ?? null }, 2);
  if (deed === 'rejudge') return sayJudged(path);
  if (deed === 'check') return sayChecked(path);
  if (deed === 'explain') return sayExplained(path);
  return say({ error: 'deed-unknown', deed: deed ?? null }, 2);
}

function say(document: object, code: number): number {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  return code;
}

/** What is asked of a root comes as one JSON, written by the command line. */
function sayOfRoot(deed: string, text: string): number {
  try {
    const { folder, passphraseFile, ...asked } = JSON.parse(text);
    const profiles = readProfiles(certificateProfileCatalogues());
    const root = { folder, passphraseFile, nowMs: systemClock.now(), profiles };
    if (deed === 'root-make') return say(makeRoot(root, asked), 0);
    if (deed === 'root-sign') return say(signAuthority(root, asked), 0);
    return say(renewRootList(root, asked), 0);
  } catch (thrown) {
    const code = isRefusal(thrown) ? thrown.code : 'failed';
    return say({ error: code, told: toldRefusal(thrown), said: null }, 1);
  }
}

function sayJudged(folder: string): number {
  const { isGood, findings } = rejudge(readFolder(folder), contributions);
  return say({ isGood, findings }, isGood ? 0 : 1);
}

function readFolder(folder: string): EvidenceFolder {
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const proofs = join(folder, 'proofs');
  return {
    rules: readdirSync(folder)
      .filter(name => /^rule(-[0-9a-f]+)?\.yaml$/.test(name))
      .map(text),
    findings: JSON.parse(text('findings.json')),
    observations: text('observations.ndjson')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line)),
    restrictions: JSON.parse(text('restrictions.json')),
    salts: JSON.parse(text('salts.json')),
    entries: existsSync(proofs)
      ? readdirSync(proofs)
          .filter(name => name.endsWith('.entry'))
          .map(name => readFileSync(join(proofs, name), 'utf8'))
      : [],
  };
}

function sayChecked(file: string): number {
  const check = checkRule(readFileSync(file, 'utf8'), basename(file, '.yaml'), worldOf(contributions));
  if (check.outcome === 'refused') return say({ outcome: check.outcome, faults: check.faults }, 1);
  const { rule, examples } = check;
  return say({ outcome: check.outcome, id: rule.id, version: rule.version, title: rule.title, examples }, 0);
}

function sayExplained(file: string): number {
  const check = checkRule(readFileSync(file, 'utf8'), basename(file, '.yaml'), worldOf(contributions));
  if (check.outcome === 'refused') return say({ outcome: check.outcome, faults: check.faults }, 1);
  return say({ id: check.rule.id, version: check.rule.version, ...explainRule(check.rule) }, 0);
}

process.exitCode = run(
  process.argv.slice(2).filter((arg, i, all) => arg !== '--lang' && all[i - 1] !== '--lang'),
);
