import { isEqual, type Policy, parseNote } from '@thingward/verifier';

/**
 * When the newest cosignature of a known witness on a note was made, in milliseconds; 0 when there is none. The note
 * was verified before, so the times are the witnesses' own (https://c2sp.org/tlog-cosignature).
 */
export function newestCosignatureMs(note: string, policy: Policy): number {
  if (note === '') return 0;
  let newest = 0;
  for (const line of parseNote(note).signatures) {
    const isKnown = policy.witnesses.some(key => key.name === line.name && isEqual(key.id, line.id));
    if (!isKnown || line.signature.length !== 8 + 64) continue;
    const time = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0);
    newest = Math.max(newest, Number(time) * 1000);
  }
  return newest;
}
