/**
 * Why the ledger says no.
 *
 * - `ledger-entry-too-large`, `ledger-act-malformed`, `ledger-identifier-in-clear`: an act that cannot be staged,
 *   and therefore does not happen.
 * - `ledger-behind`: the database holds less than the newest checkpoint known; an older backup was restored.
 * - `ledger-not-behind`: a succession was asked for, and the log can be signed on as it is.
 * - `ledger-forked`: the checkpoint in the file is no beginning of what the database holds.
 * - `ledger-damaged`: the database's own rows do not lead to the root it signed.
 * - `ledger-key-differs`: the last checkpoint, or the one in the file, does not bear this key's signature.
 */
export type LedgerCode =
  | 'ledger-entry-too-large'
  | 'ledger-act-malformed'
  | 'ledger-identifier-in-clear'
  | 'ledger-behind'
  | 'ledger-not-behind'
  | 'ledger-forked'
  | 'ledger-damaged'
  | 'ledger-key-differs';
