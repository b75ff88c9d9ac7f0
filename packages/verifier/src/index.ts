/**
 * Checks what a Thingward ledger claims, offline, with nothing but WebCrypto: signed notes, checkpoints,
 * proofs of an entry, consistency of two checkpoints, commitments, and a whole downloaded log. It runs in
 * browsers and in Node, and shares no code with the server it checks.
 */
export { type Checkpoint, parseCheckpoint, verifyCheckpoint, verifyConsistency } from './checkpoint.ts';
export { verifyCommitment } from './commitment.ts';
export {
  type FoldPart,
  leafHash,
  RootFold,
  type Tree,
  verifyInclusion,
  verifyTreeConsistency,
} from './merkle.ts';
export {
  COSIGNATURE,
  type Note,
  openNote,
  parseNote,
  parseVerifierKey,
  signersOf,
  type VerifierKey,
} from './note.ts';
export {
  concat,
  fromBase64,
  fromHex,
  isEqual,
  type Octets,
  sha256,
  toBase64,
  toHex,
  utf8,
} from './octets.ts';
export { type Policy, parsePolicy, policyOf, type TrustedLog } from './policy.ts';
export { type LogProof, parseProof, type VerifiedEntry, verifyProof } from './proof.ts';
export { type VerificationCode, VerificationError } from './refusal.ts';
export { consistencyHashes } from './tile-proofs.ts';
export {
  type LogReport,
  logPath,
  type ReadLogFile,
  readEntries,
  readHashes,
  verifyTiles,
} from './tiles.ts';
