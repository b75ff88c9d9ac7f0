/**
 * Why the seal says no.
 *
 * - `seal-key-…`: the key file cannot be used; nothing is signed.
 * - `seal-salt-of-another`: object and name are taken by a party the transaction may not see.
 */
export type SealCode =
  | 'seal-key-unreadable'
  | 'seal-key-exposed'
  | 'seal-key-not-ed25519'
  | 'seal-salt-of-another';
