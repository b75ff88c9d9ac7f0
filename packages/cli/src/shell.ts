import type { Readable } from 'node:stream';

/** What a command can touch of the machine it runs on; tests hand in their own. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  out(text: string): void;
  err(text: string): void;
  /** True when standard error is a terminal, so that a line may be drawn over. */
  readonly isErrTerminal: boolean;
  readonly home: string;
  now(): number;
}

/** A fault in what the person typed or handed in: exit code 2. */
export class UsageFault extends Error {}

/** A fault that has its own sentence already, outside any answer of the server: exit code 1. */
export class Fault extends Error {}
