import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Evidence, LedgerProof } from './answers.ts';
import type { Desk } from './desk.ts';
import { Fault } from './shell.ts';
import { sayIn } from './words.ts';

/**
 * Writes the evidence of a case into an empty or new folder, and answers the paths written, relative to it.
 * Everything that repeating the verdict and checking the proofs needs is in the folder; `SHA256SUMS` binds it.
 */
export async function writeEvidence(
  desk: Desk,
  folder: string,
  caseId: string,
  evidence: Evidence,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new Fault(desk.say('evidence.not-empty', { folder }));
  const files = new Map<string, string | Buffer>([
    ['case.json', jsonText({ ...evidence.case, findings: undefined })],
    ['findings.json', jsonText(evidence.findings ?? [])],
    [
      'observations.ndjson',
      (evidence.observations ?? []).map(observation => `${JSON.stringify(observation)}\n`).join(''),
    ],
    ...ruleFiles(evidence),
    ['restrictions.json', jsonText(evidence.restrictions ?? {})],
    ['salts.json', jsonText(evidence.salts ?? {})],
    ...(evidence.proofs ?? []).flatMap(proofFiles),
    ['checkpoint', evidence.checkpoint ?? ''],
    ['ledger.vkey', `${evidence.ledgerKey ?? ''}\n`],
    ['README.md', readme(caseId)],
  ]);
  files.set('SHA256SUMS', sums(files));
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content, { flag: 'wx' });
  }
  return [...files.keys()];
}

/** `rule.yaml` is the version of the newest finding; further versions lie beside it under their number. */
function ruleFiles(evidence: Evidence): readonly (readonly [string, string])[] {
  return (evidence.rules ?? []).map((rule, i) => [
    i === 0 ? 'rule.yaml' : `rule-${/^[0-9a-f]{1,64}$/.test(rule.version ?? '') ? rule.version : i}.yaml`,
    rule.text ?? '',
  ]);
}

/** Each proof stands beside the entry it proves, named by the entry's index; an entry no checkpoint covers yet stands alone. */
function proofFiles(proof: LedgerProof, i: number): readonly (readonly [string, string | Buffer])[] {
  const isNumbered = typeof proof.index === 'number' && Number.isSafeInteger(proof.index);
  const stem = `proofs/${isNumbered ? String(proof.index).padStart(9, '0') : `unnumbered-${i}`}`;
  const entry = [`${stem}.entry`, Buffer.from(proof.entry ?? '', 'base64')] as const;
  return typeof proof.proof === 'string' ? [[`${stem}.tlog-proof`, proof.proof], entry] : [entry];
}

function readme(caseId: string): string {
  return [sayIn('en'), sayIn('zh')]
    .map(say => say('evidence.readme', { id: caseId }))
    .join('\n\n---\n\n')
    .concat('\n');
}

function sums(files: ReadonlyMap<string, string | Buffer>): string {
  return [...files]
    .map(([path, content]) => `${createHash('sha256').update(content).digest('hex')}  ${path}\n`)
    .join('');
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
