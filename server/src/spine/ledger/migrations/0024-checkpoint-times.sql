-- The latest moment at which anything was signed: a clock that is behind it was set back.
create index ledger_checkpoint_signed on ledger_checkpoint (signed_at);
