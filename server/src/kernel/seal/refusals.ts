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

/**
 * Why nothing sealed is shown.
 *
 * - `root-key…`: the file of the keys that wrap others cannot be used, or lacks the one that is needed.
 * - `sealed-unopened`: a sealed text does not open with that key at that place.
 */
export type OpeningCode =
  | 'root-keys-unreadable'
  | 'root-keys-exposed'
  | 'root-key-missing'
  | 'sealed-unopened';
