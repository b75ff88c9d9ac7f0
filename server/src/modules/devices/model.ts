import type { NameParts } from './x509/names.ts';

/** Kinds of subject the room knows. */
export const DEVICE = 'device';
export const PRODUCT = 'product';
/** Who issues certificates; a subject once an audit found something about it. */
export const AUTHORITY = 'authority';

/**
 * A product and a device's serial number as they are written. Nothing of what brokers, paths and certificates read as
 * structure (`+ # / $ : *`, blanks, control characters) can stand in either (I-17), and together with the colon between
 * them they fit the 64 characters of a common name (RFC 5280, appendix A.1).
 */
const PRODUCT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$/;
const SERIAL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,38}$/;

export interface DeviceName {
  readonly product: string;
  readonly serial: string;
}

/** Null where either cannot stand in an identity. */
export function deviceName(product: string, serial: string): DeviceName | null {
  return PRODUCT_NAME.test(product) && SERIAL.test(serial) ? { product, serial } : null;
}

/** `meter-3:A0001`: how a device is called everywhere, and the common name of its certificates. */
export function referenceOf({ product, serial }: DeviceName): string {
  return `${product}:${serial}`;
}

export function nameIn(reference: string): DeviceName | null {
  const [product = '', serial = '', ...more] = reference.split(':');
  return more.length > 0 ? null : deviceName(product, serial);
}

export const claimOf = (reference: string): string => `device:${reference}`;

/** What a certificate of the device says of it. */
export function subjectOf(reference: string): NameParts {
  return [['commonName', reference]];
}

/** A product's, which stands in claim certificates, has no colon behind its name. */
export const uriOf = (reference: string): string =>
  `urn:thingward:${reference.includes(':') ? 'device' : 'product'}:${reference}`;
