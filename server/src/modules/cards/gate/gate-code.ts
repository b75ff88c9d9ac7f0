/** Why the gate keeps a card where it is (C-01, C-03, C-04, C-10). The database decides; these are its words. */
export const GATE_CODES = [
  'isolation-refused',
  'rules-missing',
  'card-of-another-party',
  'batch-of-another-party',
  'move-not-allowed',
  'holder-missing',
  'holder-of-another-party',
  'identity-unverified',
  'identity-expired',
  'assessment-missing',
  'assessment-failed',
  'assessment-expired',
  'assessment-by-itself',
  'seller-missing',
  'seller-of-another-party',
  'seller-identity-unverified',
  'seller-identity-expired',
  'seller-assessment-missing',
  'seller-assessment-failed',
  'seller-assessment-expired',
  'seller-assessment-by-itself',
  'card-assessment-failed',
  'channel-missing',
  'channel-unknown',
  'channel-forbidden',
  'classification-missing',
  'classification-unknown',
  'test-term-missing',
  'natural-person-needed',
  'cards-per-identity',
  'card-not-in-use',
] as const;
export type GateCode = (typeof GATE_CODES)[number];

/** Why the rest of source management says no. */
export const SOURCE_CODES = [
  'card-source-unknown',
  'source-exists',
  'source-number-faulty',
  'batch-over-ordered',
  'profile-not-allowed',
  'risk-inputs-faulty',
] as const;
export type SourceCode = (typeof SOURCE_CODES)[number];
