import type { Reference, Registration } from '../../../spine/contribution.ts';

/** Kinds of subject the module knows. */
export const CARD = 'card';
export const CONTRACT = 'contract';
export const DEVICE_POOL = 'device-pool';
/** Who sells cards on. */
export const RESELLER = 'seller';
/** A type of device, by its TAC; and who makes it, by name. */
export const DEVICE_TYPE = 'device-type';
export const DEVICE_MAKER = 'device-maker';
export const MADE_BY = 'made-by';

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

/** A type of device, named by its TAC. */
export function ofType(tac: string): Registration[] {
  const type = { kind: DEVICE_TYPE, reference: tac };
  return [known(type), named(type, `tac:${tac}`, {})];
}

/** A maker, named by its name, with a title of its own where there is one. */
export function ofMaker(maker: string, attributes: Readonly<Record<string, string>> = {}): Registration[] {
  const subject = { kind: DEVICE_MAKER, reference: maker };
  return [{ do: 'subject', ...subject, attributes }, named(subject, `maker:${maker}`, {})];
}

/** A type has one maker at a time. */
export function madeBy(tac: string, maker: string, span: Span = {}): Registration {
  const [from, to] = [
    { kind: DEVICE_TYPE, reference: tac },
    { kind: DEVICE_MAKER, reference: maker },
  ];
  return { do: 'link', from, linkKind: MADE_BY, to, replaces: true, ...span };
}
