/**
 * The one way this system says no.
 *
 * A `Refusal` carries a code out of a closed union that each station or module declares, the subject it
 * speaks of (never personal data in clear) and the detail a person needs to mend the cause. Wording for
 * people and HTTP status exist only in `api/`.
 */
export class Refusal<Code extends string = string> extends Error {
  readonly code: Code;
  readonly subject: string | undefined;
  readonly detail: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: Code,
    options: {
      subject?: string;
      detail?: Record<string, string | number | boolean>;
      cause?: unknown;
    } = {},
  ) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Refusal';
    this.code = code;
    this.subject = options.subject;
    this.detail = Object.freeze({ ...options.detail });
  }
}

export function isRefusal(value: unknown): value is Refusal {
  return value instanceof Refusal;
}
