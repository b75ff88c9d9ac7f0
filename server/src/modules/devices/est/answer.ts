import { randomBytes, randomInt } from 'node:crypto';
import { isRefusal } from '../../../kernel/refusal.ts';
import { type AuthorityDesk, no } from '../authorities/authorities.ts';
import { profileNamed } from '../authorities/profiles.ts';
import { authorityById } from '../authorities/store.ts';
import { clientOf } from '../enrolment/client.ts';
import { type Enrolled, enrol, fleetOf, type Operation } from '../enrolment/enrol.ts';
import { setDelivered } from '../enrolment/enrolment-store.ts';
import { certificatesOnly, csrAttributes, fromBase64, keyAndCertificate, toBase64 } from './forms.ts';

/** A request as it came over TLS. */
export interface EstAsked {
  readonly method: string;
  readonly path: string;
  readonly contentType: string | null;
  readonly authorization: string | null;
  readonly date: string | null;
  readonly body: Uint8Array;
  readonly certificate: Uint8Array | null;
  readonly connection: Readonly<Record<string, string>>;
  readonly bindings: readonly string[];
}

export interface EstAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Writes down that the answer left whole. */
  readonly delivered?: () => Promise<void>;
}

/** Longest body: a request of the longest kind in base64 with breaks. */
export const MOST_EST_BYTES = 32_768;

/**
 * The label follows `est` (RFC 7030 §3.2.2); it may stand in front instead, for clients that know no labels and put the
 * well-known part behind whatever address they are given.
 */
const OPERATION = '(?<what>cacerts|csrattrs|simpleenroll|simplereenroll|serverkeygen)';
const PATHS = [
  new RegExp(`^/\\.well-known/est/(?<label>[a-z0-9-]{1,50})/${OPERATION}$`),
  new RegExp(`^/(?<label>[a-z0-9-]{1,50})/\\.well-known/est/${OPERATION}$`),
];
const CERTIFICATES = 'application/pkcs7-mime; smime-type=certs-only';

/** Answers one request of EST (RFC 7030 §3.2.2); what is refused is told by its code as plain text (§4.2.3). */
export async function answerEst(desk: AuthorityDesk, asked: EstAsked): Promise<EstAnswer> {
  const { label, what } = PATHS.map(each => each.exec(asked.path)?.groups).find(each => each) ?? {};
  if (label === undefined || what === undefined) return plain(404, 'no such address');
  const wanted = what === 'cacerts' || what === 'csrattrs' ? 'GET' : 'POST';
  if (asked.method !== wanted) return plain(405, 'method', { allow: wanted });
  try {
    if (what === 'cacerts') return await authorityCertificates(desk, label);
    if (what === 'csrattrs') return await attributes(desk, label, asked);
    if (!/^application\/pkcs10(\s*;|$)/i.test(asked.contentType ?? ''))
      return plain(415, 'media type: application/pkcs10 is taken');
    return await enrolment(desk, label, what as Operation, asked);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return refusal(thrown.code);
  }
}

/** The authority and all above it, the root included (§4.1.3); anybody may ask. */
async function authorityCertificates(desk: AuthorityDesk, label: string): Promise<EstAnswer> {
  const fleet = await fleetOf(desk, label);
  const authority = await desk.database.door(fleet.partyId, tx => authorityById(tx, fleet.authorityId));
  if (authority?.certificate == null) throw no('authority-not-installed', `authority/${fleet.authorityId}`);
  return certificates([authority.certificate, ...authority.chain]);
}

/** Anybody may ask (§4.5); who shows who they are finds their own subject in the template. */
async function attributes(desk: AuthorityDesk, label: string, asked: EstAsked): Promise<EstAnswer> {
  const fleet = await fleetOf(desk, label);
  const brought = { certificate: asked.certificate, basic: basicOf(asked.authorization) };
  const isKnown = brought.certificate !== null || brought.basic !== null;
  const client = isKnown
    ? await desk.database
        .door(fleet.partyId, tx => clientOf(tx, fleet, brought, desk.clock.now()))
        .catch(cause => {
          // Who cannot be known is told what anybody is.
          if (isRefusal(cause)) return null;
          throw cause;
        })
    : null;
  const [keyType] = profileNamed(desk.profiles, fleet.profile, 'device').keyTypes;
  if (keyType === undefined) throw no('profile-unknown', `fleet/${fleet.fleetId}`);
  const reference = client === null || client.by === 'claim' ? null : client.reference;
  const body = toBase64(csrAttributes(keyType, reference));
  return { status: 200, type: 'application/csrattrs', body };
}

async function enrolment(
  desk: AuthorityDesk,
  label: string,
  operation: Operation,
  asked: EstAsked,
): Promise<EstAnswer> {
  const { certificate, connection, bindings } = asked;
  const enrolled = await enrol(desk, {
    ...{ operation, label, certificate, bindings },
    basic: basicOf(asked.authorization),
    request: fromBase64(asked.body),
    connection: { ...connection, ...clockOf(asked.date, desk.clock.now()) },
  });
  const delivered = () => deliver(desk, enrolled);
  const { privateKey } = enrolled;
  if (privateKey === null) return { ...certificates([enrolled.certificate.der]), delivered };
  const boundary = randomBytes(16).toString('hex');
  return {
    status: 200,
    type: `multipart/mixed; boundary=${boundary}`,
    body: keyAndCertificate(boundary, privateKey, enrolled.certificate.der),
    delivered,
  };
}

async function deliver(desk: AuthorityDesk, { partyId, enrolmentId }: Enrolled): Promise<void> {
  await desk.database.door(partyId, tx => setDelivered(tx, enrolmentId, desk.clock.now()));
}

/** A device that tells its time helps to tell a clock that stands at 1970 from an attack (I-13). */
function clockOf(date: string | null, nowMs: number): Readonly<Record<string, string>> {
  const saysMs = date === null ? Number.NaN : Date.parse(date);
  if (!Number.isFinite(saysMs) || Math.abs(saysMs - nowMs) < 60_000) return {};
  return { deviceClock: new Date(saysMs).toISOString() };
}

/** Name and secret of HTTP Basic (RFC 7617); null where there are none that can be read. */
function basicOf(header: string | null): { user: string; secret: string } | null {
  const match = /^Basic +([A-Za-z0-9+/]{1,400}={0,2})$/i.exec(header ?? '');
  if (match === null) return null;
  const text = Buffer.from(match[1] as string, 'base64').toString('utf8');
  const colon = text.lastIndexOf(':');
  return colon < 1 ? null : { user: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function certificates(list: readonly Uint8Array[]): EstAnswer {
  return { status: 200, type: CERTIFICATES, body: toBase64(certificatesOnly(list)) };
}

const UNSURE = new Set(['client-unknown', 'secret-wrong', 'secret-ended', 'secret-spent']);
const BAD = new Set([
  'request-unreadable',
  'request-not-signed',
  'body-no-base64',
  'signature-algorithm-refused',
]);
const LATER = new Set(['authority-keys-lost', 'key-store-failed', 'claim-too-fast']);
/** Devices that are sent away come back spread over so long, in seconds (I-10). */
const LATER_S = [60, 600] as const;

function refusal(code: string): EstAnswer {
  if (UNSURE.has(code)) return plain(401, code, { 'www-authenticate': 'Basic realm="enrolment"' });
  if (code === 'fleet-unknown') return plain(404, code);
  if (BAD.has(code)) return plain(400, code);
  // §4.2.3: a person decides; whoever sends the same key again finds what was decided.
  if (code === 'approval-waited-for')
    return plain(202, code, { 'retry-after': String(randomInt(...LATER_S)) });
  if (LATER.has(code)) return plain(503, code, { 'retry-after': String(randomInt(...LATER_S)) });
  return plain(403, code);
}

function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): EstAnswer {
  return { status, type: 'text/plain; charset=us-ascii', body: `${text}\n`, headers };
}
