import type { CrlParts } from '../x509/crl.ts';
import type { SigningKey } from './key.ts';

/** What the thread is asked. A key is told once, by a name, and named from then on. */
export type Ask =
  | { readonly do: 'key'; readonly name: string; readonly key: SigningKey }
  | { readonly do: 'sign'; readonly name: string; readonly bytes: readonly Uint8Array[] }
  | { readonly do: 'list'; readonly name: string; readonly parts: CrlParts }
  | { readonly do: 'requests'; readonly ders: readonly Uint8Array[] }
  | { readonly do: 'make'; readonly type: SigningKey['type']; readonly id: Uint8Array };

/** A fault is told and does not end the thread: only what the thread itself got wrong does. */
export type Answer = { readonly done: unknown } | { readonly refused: Told } | { readonly failed: string };

/** A refusal as a thread tells it. */
export interface Told {
  readonly code: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}
