import { fromBase64, type Policy, policyOf, VerificationError, verifyProof } from '@thingward/verifier';

/** An entry with its proof, as the server answers it. */
export interface Proven {
  readonly index: number | null;
  readonly state: string;
  readonly act: string;
  readonly entry: string;
  readonly proof: string | null;
}

export interface Verdict {
  readonly isGood: boolean;
  readonly why: string;
}

/** Checks each entry that has a proof against a log's key, in the browser, by the verifier that strangers use. */
export async function verifyEntries(
  items: readonly Proven[],
  key: string,
): Promise<ReadonlyMap<number, Verdict>> {
  const policy = await policyOf(key).catch((fault: unknown) => verdictOf(fault));
  const verdicts = new Map<number, Verdict>();
  for (const { index, entry, proof } of items)
    if (index !== null && proof !== null)
      verdicts.set(index, 'isGood' in policy ? policy : await verdictOn(proof, entry, index, policy));
  return verdicts;
}

async function verdictOn(proof: string, entry: string, index: number, policy: Policy): Promise<Verdict> {
  try {
    const bytes = fromBase64(entry);
    if (bytes === null) return { isGood: false, why: 'entry-malformed' };
    const verified = await verifyProof(proof, bytes, policy);
    return verified.index === index ? { isGood: true, why: '' } : { isGood: false, why: 'proof-of-another' };
  } catch (fault) {
    return verdictOf(fault);
  }
}

function verdictOf(fault: unknown): Verdict {
  if (fault instanceof VerificationError) return { isGood: false, why: `${fault.code}: ${fault.detail}` };
  throw fault;
}
