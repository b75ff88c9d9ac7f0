/** Offline proofs of C2SP tlog-proof (https://c2sp.org/tlog-proof). */
export interface InclusionProof {
  readonly index: number;
  /** RFC 6962 inclusion hashes, the leaf's sibling first. */
  readonly hashes: readonly Buffer[];
  /** The checkpoint, verbatim. */
  readonly checkpoint: string;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';

/** The text of a `.tlog-proof` file. */
export function proofText(proof: InclusionProof): string {
  const hashes = proof.hashes.map(hash => `${hash.toString('base64')}\n`).join('');
  return `${FIRST_LINE}\nindex ${proof.index}\n${hashes}\n${proof.checkpoint}`;
}
