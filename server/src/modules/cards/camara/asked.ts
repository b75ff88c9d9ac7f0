import { networkOf } from '../../../spine/notices/wire/addresses.ts';
import { not } from './faults.ts';

export type HoldType = 'IMEIBIND' | 'AREALIMIT';

/** The field of a request that says which hold it is about, with the name it goes by in the contract's sentences. */
export type TypeField = 'bindType' | 'unBindType' | 'queryType';

const MISSING: Readonly<Record<TypeField, string>> = {
  bindType: 'BindType must be specified',
  unBindType: 'UnbindType must be specified',
  queryType: 'QueryType must be specified',
};
const NAMES: Readonly<Record<TypeField, string>> = {
  bindType: 'bindType',
  unBindType: 'unbindType',
  queryType: 'queryType',
};
const NO_IDENTIFIER =
  'At least one of phoneNumber, networkAccessIdentifier, ipv4Address and ipv6Address must be specified';

/** Refuses `camara-argument` for a hold that is not told or that there is not. */
export function readType(body: Readonly<Record<string, unknown>>, field: TypeField): HoldType {
  const value = Object.hasOwn(body, field) ? body[field] : undefined;
  if (value === undefined || value === null) throw not('camara-argument', MISSING[field]);
  if (value === 'IMEIBIND' || value === 'AREALIMIT') return value;
  throw not('camara-argument', `The value of ${NAMES[field]} can only be IMEIBIND,AREALIMIT`);
}

/** A network access identifier of the cellular networks, whose user is an IMSI, with or without its leading digit (3GPP TS 23.003 §14.3, §19.3.2, §28.7.3). */
const CELLULAR = /^[06]?(\d{15})@(?:[a-z0-9-]+\.)*mnc\d{3}\.mcc\d{3}\.3gppnetwork\.org$/i;

/**
 * The claims of the card a request is about: its phone number, and the IMSI of a network access identifier that holds
 * one. Other access identifiers and addresses of the user plane are checked for their form; they name no card here and
 * are passed over beside what does.
 *
 * A request without `device` by a key that stands for none lacks its identifier (422); one whose `device` holds none is
 * malformed (400). Refuses `camara-argument`, `camara-identifier-missing`, `camara-identifier-unsupported`.
 */
export function readDevice(body: Readonly<Record<string, unknown>>): readonly string[] {
  if (!Object.hasOwn(body, 'device')) throw not('camara-identifier-missing');
  const { device } = body;
  if (!isPlain(device)) throw not('camara-argument', NO_IDENTIFIER);
  const told = (['phoneNumber', 'networkAccessIdentifier', 'ipv4Address', 'ipv6Address'] as const).filter(
    name => Object.hasOwn(device, name),
  );
  if (told.length === 0) throw not('camara-argument', NO_IDENTIFIER);
  const { phoneNumber, networkAccessIdentifier: access, ipv4Address, ipv6Address } = device;
  if (told.includes('networkAccessIdentifier') && !isText(access, /^[^\s@]{1,253}@[^\s@]{1,253}$/))
    throw not('camara-argument', 'Invalid format: networkAccessIdentifier');
  if (told.includes('ipv4Address')) checkIpv4(ipv4Address);
  if (told.includes('ipv6Address') && !(typeof ipv6Address === 'string' && isIPv6(ipv6Address)))
    throw not('camara-argument', 'Invalid format: ipv6Address');
  const hasNumber = told.includes('phoneNumber');
  if (hasNumber && !isText(phoneNumber, /^\+[1-9][0-9]{4,14}$/))
    throw not('camara-argument', 'Invalid format: phoneNumber');
  const imsi = typeof access === 'string' ? CELLULAR.exec(access)?.[1] : undefined;
  const claims = [
    ...(hasNumber ? [`msisdn:${String(phoneNumber).slice(1)}`] : []),
    ...(imsi === undefined ? [] : [`imsi:${imsi}`]),
  ];
  if (claims.length === 0) throw not('camara-identifier-unsupported');
  return claims;
}

function checkIpv4(address: unknown): void {
  const wrong = not('camara-argument', 'Invalid format: ipv4Address');
  if (!isPlain(address)) throw wrong;
  const { publicAddress, privateAddress, publicPort } = address;
  if (typeof publicAddress !== 'string' || !isIPv4(publicAddress)) throw wrong;
  if (privateAddress === undefined && publicPort === undefined) throw wrong;
  if (privateAddress !== undefined && !(typeof privateAddress === 'string' && isIPv4(privateAddress)))
    throw wrong;
  const isPort =
    typeof publicPort === 'number' && Number.isInteger(publicPort) && publicPort >= 0 && publicPort <= 65_535;
  if (publicPort !== undefined && !isPort)
    throw not('camara-argument', 'Invalid value: ipv4Address.publicPort');
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isIPv4(text: string): boolean {
  return networkOf(`${text}/32`)?.family === 'ipv4';
}

/** Without a zone, which means nothing to anybody else (RFC 4007 §11.2). */
function isIPv6(text: string): boolean {
  return !text.includes('%') && networkOf(`${text}/128`)?.family === 'ipv6';
}
