/** Why something does not verify. Every failure of this package carries one of these. */
export type VerificationCode =
  | 'vkey-malformed'
  | 'policy-malformed'
  | 'note-malformed'
  | 'note-unsigned'
  | 'signature-invalid'
  | 'checkpoint-malformed'
  | 'origin-unknown'
  | 'quorum-missed'
  | 'proof-malformed'
  | 'proof-invalid'
  | 'consistency-invalid'
  | 'commitment-invalid'
  | 'tile-missing'
  | 'tile-malformed'
  | 'tile-invalid'
  | 'bundle-malformed'
  | 'root-invalid'
  | 'algorithm-unavailable';

/** Thrown by every function that verifies; `code` is for programs, `detail` for people. */
export class VerificationError extends Error {
  readonly code: VerificationCode;
  readonly detail: string;

  constructor(code: VerificationCode, detail: string) {
    super(`${code}: ${detail}`);
    this.name = 'VerificationError';
    this.code = code;
    this.detail = detail;
  }
}
