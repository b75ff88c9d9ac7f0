import { canonicalJson } from '../../kernel/canonical-json.ts';

/** SHA-256 of a text's UTF-8 as 64 lower-case hex digits; handed in, for judging holds no cryptography. */
export type Digest = (text: string) => string;

/** What names a finding (E-14): the same wherever and whenever it is judged. */
export interface FindingName {
  readonly ruleId: string;
  readonly ruleVersion: string;
  readonly key: string;
  /** Digest of the record that completed it; for a silence, of the last record before it. */
  readonly completedBy: string;
  /** The moment a silence fell due; null for every other finding. */
  readonly dueMs: number | null;
}

export function findingId(name: FindingName, digest: Digest): string {
  const parts = [name.ruleId, name.ruleVersion, name.key, name.completedBy, name.dueMs];
  return digest(`thingward finding 1\n${canonicalJson(parts)}`);
}
