import { pemOf } from '../../../kernel/der/pem.ts';
import { instant, rfc3339 } from '../../../kernel/time.ts';
import type { Authority } from '../authorities/authorities.ts';
import type { Certificate } from '../certificates/issue.ts';
import type { CertificateAct } from '../certificates/store.ts';
import { planFor } from '../forecast/plan.ts';
import type { Beside } from '../forecast/store.ts';
import { REASONS } from '../x509/crl.ts';

/** An authority as it is shown to its party. Its request and certificates are public things, as PEM. */
export function shownAuthority(one: Authority) {
  return {
    id: one.authorityId,
    party: one.partyId,
    name: one.name,
    state: one.state,
    shards: one.shards,
    url: one.baseUrl,
    madeBy: one.madeBy,
    madeAt: rfc3339(one.madeAtMs),
    follows: one.followsId,
    generation: one.generation,
    installedBy: one.installedBy,
    installedAt: instant(one.installedAtMs),
    validFrom: instant(one.notBeforeMs),
    validTo: instant(one.notAfterMs),
    request: pemOf('CERTIFICATE REQUEST', one.request),
    certificate: one.certificate === null ? null : pemOf('CERTIFICATE', one.certificate),
    chain: one.chain.map(each => pemOf('CERTIFICATE', each)),
  };
}

const REASON_NAMES = new Map<number, string>(Object.entries(REASONS).map(([name, code]) => [code, name]));

export function reasonNamed(code: number | null): string | null {
  return code === null ? null : (REASON_NAMES.get(code) ?? null);
}

export function shownCertificate(one: Certificate) {
  return {
    id: one.certificateId,
    party: one.partyId,
    authority: one.authorityId,
    subject: one.subjectId,
    serial: one.serial.toString('hex'),
    profile: one.profile,
    state: one.state,
    reason: reasonNamed(one.reason),
    revokedAt: instant(one.revokedAtMs),
    validFrom: rfc3339(one.notBeforeMs),
    validTo: rfc3339(one.notAfterMs),
    issuedBy: one.issuedBy,
    issuedAt: rfc3339(one.issuedAtMs),
    certificate: pemOf('CERTIFICATE', one.der),
  };
}

/** When its holder was seen with it, and what is to become of it; where its state comes from is always the register. */
export function shownPlan(one: Certificate, beside: Beside | undefined, nowMs: number) {
  const { firstSeenMs = null, lastSeenMs = null, deviceSeenMs = null, nextId = null } = beside ?? {};
  const isNextSeen = beside?.isNextSeen ?? false;
  return {
    firstSeenAt: instant(firstSeenMs),
    lastSeenAt: instant(lastSeenMs),
    deviceSeenAt: instant(deviceSeenMs),
    next: nextId,
    plan: planFor(one, { nextId, isNextSeen, deviceSeenMs }, nowMs),
  };
}

export function shownAct({ act, reason, why, basis, actor, atMs }: CertificateAct) {
  return { act, reason: reasonNamed(reason), why, basis, actor, at: rfc3339(atMs) };
}
