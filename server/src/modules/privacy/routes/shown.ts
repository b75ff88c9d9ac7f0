import { instant, rfc3339 } from '../../../kernel/time.ts';
import type { Appeal } from '../appeals.ts';
import type { AuthorityReport } from '../authority-reports.ts';
import type { CreditStep } from '../credit/store.ts';
import type { CreditEntry } from '../credit.ts';
import type { InformantReport } from '../informants.ts';
import type { Notice } from '../notices.ts';
import type { ReVerification } from '../re-verify.ts';

/** How the room's things are shown: what is personal of them lies in the vault and is not among it. */

export function shownNotice(each: Notice) {
  const { noticeId: id, partyId, caseId, measureId, task, reason, remedy, documents, catalogue } = each;
  const { sentBy, channel, proofSha256 } = each;
  const times = { issuedAt: rfc3339(each.issuedAtMs), sentAt: instant(each.sentAtMs) };
  return {
    id,
    partyId,
    caseId,
    measureId,
    task,
    reason,
    remedy,
    documents,
    catalogue,
    ...times,
    sentBy,
    channel,
    proofSha256,
  };
}

export function shownAppeal(each: Appeal) {
  return {
    id: each.appealId,
    partyId: each.partyId,
    caseId: each.caseId,
    via: each.via,
    state: each.state,
    receivedAt: rfc3339(each.receivedAtMs),
    dueAt: instant(each.dueAtMs),
    answeredAt: instant(each.answeredAtMs),
    answeredBy: each.answeredBy,
  };
}

export function shownReVerification(each: ReVerification) {
  return {
    id: each.reVerificationId,
    partyId: each.partyId,
    caseId: each.caseId,
    subjectId: each.subjectId,
    state: each.state,
    reason: each.reason,
    onLapse: each.onLapse,
    clock: each.clockId,
    catalogue: each.catalogue,
    askedAt: rfc3339(each.askedAtMs),
    askedBy: each.askedBy,
    dueAt: rfc3339(each.dueAtMs),
    identityAt: instant(each.identityAtMs),
    scenarioAt: instant(each.scenarioAtMs),
    measureId: each.measureId,
    notOrdered: each.notOrdered,
    endedAt: instant(each.endedAtMs),
  };
}

export function shownReport(each: AuthorityReport) {
  return {
    id: each.reportId,
    partyId: each.partyId,
    caseId: each.caseId,
    addresseeKind: each.addresseeKind,
    addressee: each.addressee,
    about: each.about,
    basis: each.basis,
    state: each.state,
    textSha256: each.textSha256,
    writtenAt: rfc3339(each.writtenAtMs),
    writtenBy: each.writtenBy,
    dueAt: rfc3339(each.dueAtMs),
    sentAt: instant(each.sentAtMs),
    sentBy: each.sentBy,
    channel: each.channel,
    proofSha256: each.proofSha256,
    acknowledgedAt: instant(each.acknowledgedAtMs),
    theirNumber: each.theirNumber,
    missedAt: instant(each.missedAtMs),
  };
}

export function shownInformantReport(each: InformantReport) {
  return {
    id: each.reportId,
    partyId: each.partyId,
    kind: each.kind,
    hasContact: each.hasContact,
    state: each.state,
    outcome: each.outcome,
    caseId: each.caseId,
    receivedAt: rfc3339(each.receivedAtMs),
    acknowledgeBy: rfc3339(each.acknowledgeByMs),
    answerBy: rfc3339(each.answerByMs),
    acknowledgedAt: instant(each.acknowledgedAtMs),
    acknowledgedBy: each.acknowledgedBy,
    answeredAt: instant(each.answeredAtMs),
    answeredBy: each.answeredBy,
    acknowledgeMissedAt: instant(each.acknowledgeMissedAtMs),
    answerMissedAt: instant(each.answerMissedAtMs),
  };
}

export function shownCredit(each: CreditEntry, handle: string) {
  return {
    id: each.entryId,
    partyId: each.partyId,
    person: handle,
    class: each.class,
    authority: each.authority,
    authorityLevel: each.authorityLevel,
    decisionNumber: each.decisionNumber,
    decisionDate: each.decisionDate,
    decisionSha256: each.decisionSha256,
    regime: each.regime,
    state: each.state,
    repairableFrom: each.repairableFrom,
    endsOn: each.endsOn,
    appealState: each.appealState,
    appealDueAt: instant(each.appealDueAtMs),
    recordedAt: rfc3339(each.recordedAtMs),
    recordedBy: each.recordedBy,
  };
}

export function shownCreditStep({ stepId: id, step, atMs, actor, proofSha256 }: CreditStep) {
  return { id, step, at: rfc3339(atMs), actor, proofSha256 };
}
