import type { Reference, Registration } from '../../../spine/contribution.ts';

/** Kinds of subject the module knows. */
export const CARD = 'card';
export const CONTRACT = 'contract';
export const DEVICE_POOL = 'device-pool';
/** Who sells cards on. */
export const RESELLER = 'seller';

type Span = { readonly fromMs?: number; readonly toMs?: number };

/** The subject by itself: registered when it is not there yet, unchanged when it is. */
export function known(subject: Reference): Registration {
  return { do: 'subject', kind: subject.kind, reference: subject.reference };
}

export function named(subject: Reference, claim: string, span: Span): Registration {
  return { do: 'alias', ...subject, claim, ...span };
}

/** A card stands under one contract at a time. */
export function under(card: Reference, contract: Reference, span: Span): Registration {
  return { do: 'link', from: card, linkKind: 'under', to: contract, replaces: true, ...span };
}

export function inPool(card: Reference, pool: Reference, span: Span): Registration {
  return { do: 'link', from: card, linkKind: 'in', to: pool, ...span };
}

export function stated(
  subject: Reference,
  factKind: string,
  body: Readonly<Record<string, unknown>>,
  span: Span,
): Registration {
  return { do: 'fact', ...subject, factKind, body, ...span };
}
