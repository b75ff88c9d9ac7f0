import type { KeyType } from '../x509/algorithms.ts';

/** Where keys of authorities lie (I-39). */
export const KEY_STORES = ['sealed', 'pkcs11'] as const;
export type KeyStoreName = (typeof KEY_STORES)[number];

/** A key as a thread that signs is told of it: its bytes, or its name on a token. */
export type SigningKey =
  | { readonly store: 'sealed'; readonly type: KeyType; readonly pkcs8: Uint8Array }
  | { readonly store: 'pkcs11'; readonly type: KeyType; readonly id: Uint8Array };

/** Signs octets; ECDSA signatures come as DER, as certificates hold them. */
export type Sign = (bytes: Uint8Array) => Uint8Array;

/** What a thread needs to reach a PKCS#11 token. */
export interface TokenSettings {
  /** File of the binding (`pkcs11js`), which the operator installs. */
  readonly binding: string;
  /** File of the token's own module, `libsofthsm2.so`. */
  readonly module: string;
  readonly label: string;
  /** The PIN lies in a file, and is read by the thread that uses it. */
  readonly pinFile: string;
}
