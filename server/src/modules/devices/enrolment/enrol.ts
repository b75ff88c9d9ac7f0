import { sha256 } from '../../../kernel/bytes.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { type AuthorityDesk, type Doer, no } from '../authorities/authorities.ts';
import { profileNamed } from '../authorities/profiles.ts';
import { type Certificate, issueCertificate } from '../certificates/issue.ts';
import type { DeviceCode } from '../codes.ts';
import { nameIn, subjectOf, uriOf } from '../model.ts';
import { newPair } from '../signing/software.ts';
import type { KeyType } from '../x509/algorithms.ts';
import { ownRequest } from '../x509/own-request.ts';
import type { Request } from '../x509/request.ts';
import { type RequestSays, requestSays } from '../x509/request-says.ts';
import { askApproval, needsApproval, refuseUnlessStillApproved, type Waiting } from './approvals.ts';
import { admitByClaim, type ClaimHolder } from './claims.ts';
import { type Brought, type Client, clientOf, refuseUnlessStill } from './client.ts';
import { addEnrolled, addEnrolment, failuresWithin, wasSeen } from './enrolment-store.ts';
import { type Fleet, fleetById, openFleet } from './fleet-store.ts';
import { labelIn } from './fleets.ts';
import { type Step, Trace } from './trace.ts';

export type Operation = 'simpleenroll' | 'simplereenroll' | 'serverkeygen';

export interface AskedEnrolment extends Brought {
  readonly operation: Operation;
  readonly label: string;
  /** PKCS#10 as DER; null where the body was no base64. */
  readonly request: Uint8Array | null;
  /** What the connection came to, for whoever reads the trace. */
  readonly connection: Readonly<Record<string, string>>;
  /** Values that link a request to this very connection (RFC 7030 §3.5, RFC 9266), in base64. */
  readonly bindings: readonly string[];
}

export interface Enrolled {
  readonly enrolmentId: number;
  readonly partyId: number;
  readonly certificate: Certificate;
  /** PKCS#8 of a key that was made here; it is kept nowhere. */
  readonly privateKey: Buffer | null;
}

/** The fleet of a label. Refuses `fleet-unknown`. */
export async function fleetOf(desk: AuthorityDesk, label: string): Promise<Fleet> {
  const named = labelIn(label);
  const partyId =
    named === null ? null : await desk.database.door(0, tx => openFleet(tx, named.fleetId, named.name));
  if (named === null || partyId === null) throw no('fleet-unknown', 'fleet/named');
  const fleet = await desk.database.door(partyId, tx => fleetById(tx, named.fleetId));
  if (fleet === undefined) throw no('fleet-unknown', 'fleet/named');
  return fleet;
}

/**
 * Gives a device a certificate over EST: who asks, what it asks for, that it holds the key, that it may; then it issues.
 * The certificate, the trace of its enrolment and the ledger's entry commit together, so an answer that was lost is only
 * asked for again: the same key gets the certificate it got before, until that was seen in use. Nothing is revoked
 * when something new is issued (I-08).
 *
 * A failure is written down with the step it happened at (I-11) and refused with its code; see `clientOf`,
 * `admitByClaim`, `askApproval`, `issueCertificate`, and `subject-changed`, `names-changed`, `channel-of-another`,
 * `too-many-keys`, `keys-not-made-here`.
 */
export async function enrol(desk: AuthorityDesk, asked: AskedEnrolment): Promise<Enrolled> {
  const fleet = await fleetOf(desk, asked.label);
  const trace = new Trace();
  const told = { named: nameGiven(asked) };
  try {
    trace.passed('connection', asked.connection);
    if (fleet.state === 'closed') throw no('fleet-closed', `fleet/${fleet.fleetId}`);
    const shown = await whoAsks(desk, fleet, asked);
    told.named = shown.reference;
    trace.passed('client', { by: shown.by, device: shown.reference });
    const { says, request } = await whatIsAsked(desk, asked, trace);
    const reference = shown.by === 'claim' ? saidBy(says, fleet) : shown.reference;
    told.named = reference;
    const { keyTypes } = profileNamed(desk.profiles, fleet.profile, 'device');
    refuseUnlike(says, request, reference, asked, fleet, keyTypes);
    const client = await identified(desk, fleet, shown, reference);
    const waiting = await approved(desk, fleet, client, asked, request);
    return await issued(desk, fleet, client, asked, request, trace, waiting);
  } catch (thrown) {
    await writeDown(desk, fleet, asked, told.named, trace, thrown);
    throw thrown;
  }
}

/** Presenting a certificate is kept by itself, whatever comes of the request. */
async function whoAsks(
  desk: AuthorityDesk,
  fleet: Fleet,
  asked: AskedEnrolment,
): Promise<Client | ClaimHolder> {
  // RFC 7030 §3.3.2: a certificate is renewed by who holds it; a secret or a claim opens the first one alone.
  const brought = asked.operation === 'simplereenroll' ? { ...asked, basic: null } : asked;
  const shown = await desk.database.door(fleet.partyId, tx => clientOf(tx, fleet, brought, desk.clock.now()));
  if (shown.by === 'claim' && asked.operation === 'simplereenroll') throw refused('claim-renews-nothing', {});
  return shown;
}

/** Which device the request says that its sender is: whoever holds a claim has no other name. */
function saidBy({ commonNames }: RequestSays, { product }: Fleet): string {
  const [name = ''] = commonNames;
  const reference = name.includes(':') ? name : `${product}:${name}`;
  if (nameIn(reference)?.product !== product) throw refused('subject-changed', { wanted: `${product}:…` });
  return reference;
}

async function identified(
  desk: AuthorityDesk,
  fleet: Fleet,
  shown: Client | ClaimHolder,
  reference: string,
): Promise<Client> {
  if ('subjectId' in shown) return shown;
  const { subjectId } = await admitByClaim(desk, fleet, shown, reference);
  return { by: 'claim', claimId: shown.claimId, subjectId, reference };
}

/** What a person has approved of this; null where nobody need. */
async function approved(
  desk: AuthorityDesk,
  fleet: Fleet,
  { subjectId, by: shownBy }: Client,
  { operation }: AskedEnrolment,
  { spki }: Request,
): Promise<Waiting | null> {
  if (!needsApproval(fleet, operation)) return null;
  const waiting = { subjectId, shownBy, operation, keySha256: sha256(spki) };
  await askApproval(desk, fleet, waiting);
  return waiting;
}

async function whatIsAsked(
  desk: AuthorityDesk,
  { request: der }: AskedEnrolment,
  trace: Trace,
): Promise<{ says: RequestSays; request: Request }> {
  if (der === null) throw no('body-no-base64', 'device/named');
  const [read] = await desk.keys.signing.requests([der]);
  if (read === undefined || 'code' in read) {
    const code = read?.code ?? 'request-unreadable';
    if (code === 'request-not-signed') trace.passed('request');
    throw new Refusal<string>(code, { detail: { ...read?.detail } });
  }
  const says = requestSays(der);
  trace.passed('request', { key: read.keyType, name: says.commonNames.join(' ').slice(0, 64) });
  trace.passed('possession');
  return { says, request: read };
}

/** RFC 7030 §4.2.2: subject and alternative names stay as they are; the key may be another (IR-24). */
function refuseUnlike(
  says: RequestSays,
  request: Request,
  reference: string,
  asked: AskedEnrolment,
  fleet: Fleet,
  keyTypes: readonly KeyType[],
): void {
  const isRenewal = asked.operation === 'simplereenroll';
  const [[, own]] = subjectOf(reference) as [readonly [string, string]];
  const mayBe = isRenewal ? [own] : [own, reference.split(':')[1]];
  if (says.hasOtherAttributes || says.commonNames.length > 1 || (isRenewal && says.commonNames.length === 0))
    throw refused('subject-changed', { wanted: own });
  if (says.commonNames.some(each => !mayBe.includes(each))) throw refused('subject-changed', { wanted: own });
  // Names left out are those of the register; others are a change.
  if (says.names?.some(each => each !== `6:${uriOf(reference)}`))
    throw refused('names-changed', { wanted: uriOf(reference) });
  if (says.challenge !== null && !asked.bindings.includes(says.challenge))
    throw refused('channel-of-another', {});
  if (asked.operation === 'serverkeygen' && !fleet.makesKeys) throw refused('keys-not-made-here', {});
  if (!keyTypes.includes(request.keyType)) throw refused('key-refused', { what: request.keyType });
  // Finding primes takes seconds of a thread that others wait for.
  if (asked.operation === 'serverkeygen' && request.keyType.startsWith('rsa-'))
    throw refused('key-refused', { what: `${request.keyType} made at the server` });
}

async function issued(
  desk: AuthorityDesk,
  fleet: Fleet,
  client: Client,
  asked: AskedEnrolment,
  request: Request,
  trace: Trace,
  waiting: Waiting | null,
): Promise<Enrolled> {
  const { operation } = asked;
  const made = operation === 'serverkeygen' ? newPair(request.keyType) : null;
  const der =
    made === null ? (asked.request as Uint8Array) : ownRequest(request.keyType, made, client.reference);
  const doer: Doer = { partyId: fleet.partyId, label: `fleet/${fleet.fleetId}` };
  let enrolmentId = 0;
  const certificate = await issueCertificate(desk, doer, {
    device: client.reference,
    authorityId: fleet.authorityId,
    profile: fleet.profile,
    request: der,
    again: 'key',
    allows: async (tx, keySha256) => {
      await refuseUnlessStill(tx, fleet, client, keySha256, desk.clock.now());
      if (waiting !== null) await refuseUnlessStillApproved(tx, fleet, waiting, desk.clock.now());
    },
    mayRepeat: async (tx, found) =>
      isFresh(found, desk.clock.now()) && !(await wasSeen(tx, found.certificateId)),
    also: async (tx, { certificateId, partyId, keySha256, subjectId }) => {
      const atMs = desk.clock.now();
      const late: { readonly expired?: boolean } = isLate(client) ? { expired: true } : {};
      // The transaction may be tried again: the trace grows with it and not before.
      const steps: readonly Step[] = [
        ...trace.steps,
        { step: 'policy', outcome: 'ok', detail: { profile: fleet.profile, ...late } },
        { step: 'issuance', outcome: 'ok', detail: { certificate: certificateId } },
      ];
      await addEnrolled(tx, {
        ...{ certificateId, partyId, fleetId: fleet.fleetId, subjectId, keySha256, operation, atMs },
      });
      enrolmentId = await addEnrolment(tx, {
        ...{ partyId, fleetId: fleet.fleetId, operation, named: client.reference, code: 'issued' },
        ...{ steps, certificateId, atMs },
      });
    },
  });
  return { enrolmentId, partyId: fleet.partyId, certificate, privateKey: made?.pkcs8 ?? null };
}

const isLate = (client: Client): boolean => client.by === 'certificate' && client.isExpired;

/** What is near its end is not given again: it would be asked to be renewed at once, for ever. */
function isFresh({ notBeforeMs, notAfterMs }: Certificate, nowMs: number): boolean {
  return notAfterMs - nowMs > (notAfterMs - notBeforeMs) / 2;
}

/** Codes of an authority that cannot sign; whatever else issuing refuses is a matter of policy. */
const OF_ISSUANCE: ReadonlySet<string> = new Set([
  'authority-unknown',
  'authority-not-installed',
  'authority-keys-lost',
  'key-store-failed',
  'key-store-unknown',
]);
/** More names than these fail under none within a minute: strangers fill no table. */
const MOST_NAMES_A_MINUTE = 200;

async function writeDown(
  desk: AuthorityDesk,
  fleet: Fleet,
  { operation }: AskedEnrolment,
  named: string,
  trace: Trace,
  thrown: unknown,
): Promise<void> {
  const code = isRefusal(thrown) ? thrown.code : 'failed';
  const detail = isRefusal(thrown) ? thrown.detail : {};
  const isOfIssuance = OF_ISSUANCE.has(code) || !isRefusal(thrown);
  if (isOfIssuance && trace.next === 'policy') trace.passed('policy');
  trace.failed(code, told(detail));
  const atMs = desk.clock.now();
  await desk.database.door(fleet.partyId, async tx => {
    const isFull = (await failuresWithin(tx, fleet.fleetId, atMs)) >= MOST_NAMES_A_MINUTE;
    const { partyId, fleetId } = fleet;
    const steps = trace.steps;
    await addEnrolment(tx, {
      ...{ partyId, fleetId, operation, named: isFull ? '' : named, code, steps, certificateId: null, atMs },
    });
  });
}

function told(detail: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  const kept: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(detail)) {
    if (typeof value === 'number' || typeof value === 'boolean') kept[name] = value;
    if (typeof value === 'string') kept[name] = plainText(value, 200);
  }
  return kept;
}

function nameGiven({ basic }: Brought): string {
  return basic === null ? '' : plainText(basic.user, 64);
}

/** A stranger's text without control characters and halves of characters, cut short. */
function plainText(text: string, most: number): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cs}]/gu, '?')
    .slice(0, most)
    .toWellFormed();
}

function refused(code: DeviceCode, detail: Readonly<Record<string, string | number>>): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>(code, { subject: 'device/named', detail });
}
