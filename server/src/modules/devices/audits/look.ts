import type { Tx } from '../../../kernel/database/transaction.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { DAY_MS, MINUTE_MS } from '../../../kernel/time.ts';
import { readCertificate } from '../x509/read-certificate.ts';
import type { Check, CheckId } from './checks.ts';
import { type Weakness, weaknessOf } from './key-quality.ts';
import * as store from './look-store.ts';

/** A thing that a check found; whose it is follows from subject or authority. */
export type Looked = store.Seen & { readonly named?: string };

/** How far back ended certificates are told of: whoever did not come for so long does not come back. */
const ENDED_MS = 366 * DAY_MS;
/** Lists are made every second or so: one that is late by so much cannot be made. */
const LATE_MS = 15 * MINUTE_MS;
const PAGE = 500;

interface At {
  readonly partyId: number;
  readonly nowMs: number;
  readonly most: number;
}
type Look = (tx: Tx, check: Check, at: At) => Promise<readonly Looked[]>;

/** What each check looks at, at most `most` things of it. */
export const LOOKS: Readonly<Record<CheckId, Look>> = {
  'device-certificate-ending': (tx, { spanMs }, at) =>
    store.certificatesEnding(tx, { ...at, fromMs: at.nowMs - ENDED_MS, untilMs: at.nowMs + spanMs }),
  'device-certificate-age': (tx, { spanMs }, at) =>
    store.certificatesOld(tx, { ...at, beforeMs: at.nowMs - spanMs }),
  'device-certificate-key': (tx, _check, at) => weakDevices(tx, at),
  'device-key-shared': (tx, { spanMs }, at) => store.keysShared(tx, { ...at, sinceMs: at.nowMs - spanMs }),
  'authority-certificate-ending': async (tx, { spanMs }, { partyId, nowMs }) =>
    (await store.authoritiesIssuing(tx, partyId))
      .filter(each => each.notAfterMs < nowMs + spanMs)
      .map(({ authorityId, notAfterMs }) => ({
        ...ofAuthority(authorityId, notAfterMs < nowMs ? 'past' : 'approaching'),
        detail: { until: new Date(notAfterMs).toISOString() },
      })),
  'authority-key': async (tx, _check, { partyId }) =>
    (await store.authoritiesIssuing(tx, partyId)).flatMap(({ authorityId, spki }) => {
      const weakness = weaknessOf(spki);
      return weakness === null ? [] : [ofAuthority(authorityId, weakness)];
    }),
  'claim-too-wide': async (tx, { spanMs }, { partyId, nowMs }) =>
    (await store.claimsOpen(tx, partyId, nowMs)).flatMap(claim => {
      const { claimId, authorityId, untilMs, isForAnybody, isUnhurried } = claim;
      const reasons = [
        ...(isForAnybody ? ['anybody'] : []),
        ...(isUnhurried ? ['no-bound-an-hour'] : []),
        ...(untilMs > nowMs + spanMs ? ['long'] : []),
      ];
      return reasons.map(reason => ({ ...ofAuthority(authorityId, reason), object: `claim/${claimId}` }));
    }),
  'list-overdue': (tx, _check, at) => store.listsOverdue(tx, { ...at, graceMs: LATE_MS }),
};

function ofAuthority(authorityId: number, reason: string): store.Seen {
  return { object: `authority/${authorityId}`, subjectId: null, authorityId, reason, detail: {} };
}

async function weakDevices(tx: Tx, { partyId, nowMs, most }: At): Promise<readonly Looked[]> {
  const found: Looked[] = [];
  for (let afterId = 0; found.length < most; ) {
    const page = await store.rsaCertificates(tx, { partyId, nowMs, afterId, limit: PAGE });
    for (const { certificateId, subjectId, authorityId, der } of page) {
      const reason = weaknessIn(der);
      if (reason === null) continue;
      found.push({ object: `certificate/${certificateId}`, subjectId, authorityId, reason, detail: {} });
    }
    if (page.length < PAGE) break;
    afterId = page.at(-1)?.certificateId ?? afterId;
  }
  return found.slice(0, most);
}

/** A key that is not taken any more, though it was once, is weak as well. */
function weaknessIn(der: Uint8Array): Weakness | 'not-accepted' | null {
  try {
    return weaknessOf(readCertificate(der).publicKey.spki);
  } catch (thrown) {
    if (isRefusal(thrown)) return 'not-accepted';
    throw thrown;
  }
}
