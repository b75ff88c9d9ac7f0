/** Why a witness or monitor does not begin, or stops. */
export type WitnessCode =
  | 'key-unreadable'
  | 'key-exposed'
  | 'key-named-otherwise'
  | 'key-name-malformed'
  | 'state-busy'
  | 'state-damaged'
  | 'state-of-another-log'
  | 'log-unreachable'
  | 'log-answer-too-large'
  | 'words-unknown';

/** `code` is for programs, `detail` for people. */
export class WitnessRefusal extends Error {
  readonly code: WitnessCode;
  readonly detail: string;

  constructor(code: WitnessCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? {} : { cause });
    this.name = 'WitnessRefusal';
    this.code = code;
    this.detail = detail;
  }
}
