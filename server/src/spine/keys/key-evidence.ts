import type { Tx } from '../../kernel/database/transaction.ts';
import type { Contribution } from '../contribution.ts';
import type { DeliveredObservation } from '../observations/store.ts';
import type { Dossier } from '../registry/dossier.ts';
import { reach } from '../rules/judge-key.ts';
import type { Rule } from '../rules/rule.ts';
import { keyBorne } from './field-keys.ts';
import { type Bearer, recordsOfKey } from './key-records.ts';

/**
 * Who else lies under the keys that findings of rules keyed by a field bear, and what was observed there within
 * the rules' reach. A key that has become crowded since has nobody.
 */
export async function bearersOf(
  tx: Tx,
  contributions: readonly Contribution[],
  findings: readonly { readonly key: string; readonly ruleVersion: string; readonly observedAtMs: number }[],
  rules: readonly Rule[],
  { subjectId, ancestors }: Dossier,
): Promise<{ readonly others: readonly Bearer[]; readonly records: readonly DeliveredObservation[] }> {
  const others = new Map<number, Bearer>();
  const records = new Map<string, DeliveredObservation>();
  for (const [text, mine] of Map.groupBy(findings, finding => finding.key)) {
    for (const rule of rules) {
      const found = mine.filter(finding => finding.ruleVersion === rule.version);
      const key = found.length === 0 ? null : keyBorne(text, rule.reads, ancestors);
      if (key === null) continue;
      const times = found.map(finding => finding.observedAtMs);
      const under = await recordsOfKey(tx, { contributions }, key, Math.min(...times) - reach(rule));
      if (under === 'crowded') continue;
      for (const each of under.bearers)
        if (each.dossier.subjectId !== subjectId) others.set(each.dossier.subjectId, each);
      for (const record of under.records)
        if (record.observedAtMs <= Math.max(...times)) records.set(record.digest, record);
    }
  }
  return {
    others: [...others.values()].sort((a, b) => a.dossier.subjectId - b.dossier.subjectId),
    records: [...records.values()],
  };
}
