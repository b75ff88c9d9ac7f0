import type { OpeningCode } from '../../kernel/seal/refusals.ts';

/** What a key of a person is for; what one key opens another does not. */
export const PURPOSES = ['real-name', 'remedy', 'informant', 'authority', 'credit'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Natural persons and units are registered; a writer is known by what they wrote alone. */
export const PERSON_KINDS = ['natural', 'unit'] as const;
export type PersonKind = (typeof PERSON_KINDS)[number];

/** Kinds of documents by what they identify. */
export const DOCUMENT_KINDS = {
  natural: ['resident-identity-card', 'residence-permit', 'travel-permit', 'passport', 'military-card'],
  unit: ['business-licence', 'institution-certificate', 'organisation-registration'],
} as const satisfies Readonly<Record<PersonKind, readonly string[]>>;
export const ALL_DOCUMENT_KINDS = [...DOCUMENT_KINDS.natural, ...DOCUMENT_KINDS.unit] as const;
export type DocumentKind = (typeof ALL_DOCUMENT_KINDS)[number];

/** How an identity was verified, in the registry's words. */
export const METHODS = ['in-person', 'liveness', 'authority-database', 'document-check'] as const;
export type Method = (typeof METHODS)[number];

/** Why somebody looks; each look is tied to a case as well. */
export const USES = [
  'case-work',
  're-verification',
  'appeal',
  'authority-request',
  'report-to-authority',
  'rights-request',
] as const;
export type Use = (typeof USES)[number];

/** What stands for a person in the registry. */
export const HOLDER = 'holder';

/** The link from a card to its holder, kept by the gate. */
export const CARD_HOLDER = 'card-holder';

export const PRIVACY_CODES = [
  'vault-keys-lost',
  'vault-key-lost',
  'vault-key-wrong',
  'vault-root-in-use',
  'vault-root-unknown',
  'root-keys-unreadable',
  'root-keys-exposed',
  'root-key-missing',
  'sealed-unopened',
  'person-unknown',
  'person-known',
  'person-shredded',
  'person-holds-cards',
  'document-unknown',
  'document-kind-wrong',
  'document-number-invalid',
  'document-expired',
  'verification-term-invalid',
  'look-case-foreign',
  'look-case-of-another',
  'look-limit-reached',
  'nothing-to-look-at',
  're-verification-running',
  're-verification-unknown',
  're-verification-over',
  're-verification-clock-missing',
  'verification-missing',
  'notice-unknown',
  'notice-sent',
  'code-invalid',
  'appeal-running',
  'appeal-unknown',
  'appeal-answered',
  'appeal-own-decision',
  'report-unknown',
  'report-state-wrong',
  'informant-report-unknown',
  'informant-report-answered',
  'too-many-reports',
  'receiver-unknown',
  'decision-missing',
  'decision-date-ahead',
  'credit-entry-known',
  'credit-entry-unknown',
  'credit-entry-over',
  'credit-not-repairable',
  'credit-appeal-state-wrong',
  'file-digest-differs',
] as const;
export type PrivacyCode = Exclude<(typeof PRIVACY_CODES)[number], OpeningCode>;

/** Who acts, when, and for which party. */
export interface Hand {
  readonly partyId: number;
  readonly actor: string;
  readonly atMs: number;
}
