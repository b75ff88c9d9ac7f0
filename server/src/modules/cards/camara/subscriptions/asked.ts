import { momentOf } from '../../contracts/clauses.ts';
import { isPlain } from '../asked.ts';
import { not } from '../faults.ts';
import { TYPES, WHATS, type What } from './events.ts';

const SINK =
  'The sink field must be an accessible client address in order to notify the other end when an event occurs';
const PROTOCOLS = 'The value of Protocol can only be HTTP, MQTT3, MQTT5, AMQP, NATS, KAFKA';
const NO_DEVICE =
  'An identifier is not included in the request and the device cannot be identified from the 2-legged access token';
const MOST_EVENTS = 1_000_000;
/** Longer than a JSON Web Token with many claims, and what one header may hold. */
const MOST_TOKEN = 4_000;
const MOST_PLAIN = 1_000;

/** A subscription as it is asked for, the device aside. Instants in milliseconds. */
export interface Asked {
  readonly what: What;
  readonly sink: string;
  /** The header that the receiver knows us by, and until when; null for one that has no end. */
  readonly credential: { readonly authorization: string; readonly untilMs: number | null } | null;
  readonly maxEvents: number | null;
  readonly expiresAtMs: number | null;
  readonly wantsInitial: boolean;
  /** What `device` is read from; without one the key may stand for it. */
  readonly detail: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a request to subscribe. `faultOf` says what is wrong with an address, or null. Refuses `camara-argument`,
 * `camara-protocol`, `camara-sink`, `camara-credential`, `camara-token` and `camara-out-of-range`.
 */
export function readAsked(body: Fields, nowMs: number, faultOf: (url: string) => string | null): Asked {
  const what = readWhat(field(body, 'types'));
  readProtocol(field(body, 'protocol'));
  const sink = readSink(field(body, 'sink'), faultOf);
  const config = field(body, 'config') ?? {};
  if (!isPlain(config)) throw not('camara-argument', 'Invalid format: config');
  const detail = field(config, 'subscriptionDetail') ?? {};
  if (!isPlain(detail)) throw not('camara-argument', 'Invalid format: config.subscriptionDetail');
  const wantsInitial = field(config, 'initialEvent') ?? false;
  if (typeof wantsInitial !== 'boolean') throw not('camara-argument', 'Invalid format: initialEvent');
  return {
    what,
    sink,
    credential: readCredential(field(body, 'sinkCredential'), nowMs),
    maxEvents: readMost(field(config, 'subscriptionMaxEvents')),
    expiresAtMs: readMoment(field(config, 'subscriptionExpireTime'), 'subscriptionExpireTime', nowMs),
    wantsInitial,
    detail,
  };
}

/** The refusal for a subscription that names no device, in the sentence of its contract. */
export function noDevice() {
  return not('camara-identifier-missing', NO_DEVICE);
}

function readWhat(types: unknown): What {
  if (types === undefined) throw not('camara-argument', 'SubscriptionType must be specified');
  if (!Array.isArray(types) || types.length === 0)
    throw not('camara-argument', 'SubscriptionType must be specified');
  if (types.length > 1) throw not('camara-argument', 'Only one type may be specified for a subscription');
  const what = WHATS[TYPES.indexOf(types[0])];
  if (what === undefined) throw not('camara-argument', `The value of types can only be ${TYPES.join(',')}`);
  return what;
}

/** All that the contract lists are its protocols; HTTP alone is spoken. */
function readProtocol(protocol: unknown): void {
  if (protocol === 'HTTP') return;
  const isListed =
    typeof protocol === 'string' && ['MQTT3', 'MQTT5', 'AMQP', 'NATS', 'KAFKA'].includes(protocol);
  throw not('camara-protocol', isListed ? 'Only HTTP is supported as protocol' : PROTOCOLS);
}

function readSink(sink: unknown, faultOf: (url: string) => string | null): string {
  if (sink === undefined) throw not('camara-argument', SINK);
  if (typeof sink !== 'string' || faultOf(sink) !== null) throw not('camara-sink', SINK);
  return sink;
}

/** `PRIVATE_KEY_JWT` needs an authorization server of the consumer's that both sides agreed on before: not offered. */
function readCredential(credential: unknown, nowMs: number): Asked['credential'] {
  if (credential === undefined) return null;
  const type = isPlain(credential) ? field(credential, 'credentialType') : undefined;
  if (type === 'PLAIN') return readPlain(credential as Fields);
  if (type !== 'ACCESSTOKEN')
    throw not('camara-credential', 'Only ACCESSTOKEN and PLAIN are supported as credentialType');
  return readToken(credential as Fields, nowMs);
}

/** Sent as Basic credentials (RFC 7617 §2): no colon in the identifier, no control characters in either. */
function readPlain(credential: Fields): Asked['credential'] {
  const [identifier, secret] = [field(credential, 'identifier'), field(credential, 'secret')];
  const isText = (value: unknown): value is string =>
    typeof value === 'string' && value.length > 0 && value.length <= MOST_PLAIN && !/\p{Cc}/u.test(value);
  if (!isText(identifier) || identifier.includes(':'))
    throw not('camara-credential', 'Invalid format: identifier');
  if (!isText(secret)) throw not('camara-credential', 'Invalid format: secret');
  const text = Buffer.from(`${identifier}:${secret}`, 'utf8').toString('base64');
  return { authorization: `Basic ${text}`, untilMs: null };
}

function readToken(credential: Fields, nowMs: number): Asked['credential'] {
  if (field(credential, 'accessTokenType') !== 'bearer')
    throw not('camara-token', 'Only bearer is supported as accessTokenType');
  const text = field(credential, 'accessToken');
  // RFC 6750 §2.1; a line break would write a header of its own.
  if (typeof text !== 'string' || text.length > MOST_TOKEN || !/^[A-Za-z0-9\-._~+/]+=*$/.test(text))
    throw not('camara-credential', 'Invalid format: accessToken');
  const untilMs = readMoment(field(credential, 'accessTokenExpiresUtc'), 'accessTokenExpiresUtc', nowMs);
  if (untilMs === null) throw not('camara-credential', 'accessTokenExpiresUtc must be specified');
  return { authorization: `Bearer ${text}`, untilMs };
}

function readMost(value: unknown): number | null {
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_EVENTS)
    return value;
  throw not('camara-out-of-range', 'The value of SubscriptionMaxEvents out of range');
}

/** A moment to come (CAMARA Event Subscription Guide: one in the past is INVALID_ARGUMENT). */
function readMoment(value: unknown, name: string, nowMs: number): number | null {
  if (value === undefined) return null;
  const ms = typeof value === 'string' && value.length <= 64 ? momentOf(value) : null;
  if (ms === null) throw not('camara-argument', `Invalid format: ${name}`);
  if (ms <= nowMs) throw not('camara-argument', `The value of ${name} lies in the past`);
  return ms;
}

function field(of: Fields, name: string): unknown {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  return value === null ? undefined : value;
}
