import { readFileSync } from 'node:fs';
import type { Use } from '@thingward/simulator';
import { readDeviceModels } from '../../server/src/modules/cards/device-models.ts';
import type { UsageBody } from '../../server/src/modules/cards/model.ts';
import type { Observation, TimeMark } from '../../server/src/spine/observations/observation.ts';

const models = readDeviceModels([
  readFileSync(new URL('../../content/catalogues/device-models/invented.csv', import.meta.url), 'utf8'),
]);

export const claimOf = (use: Use): string => `iccid:${use.card.iccid}`;

/** A simulated record as the intake would store it; the digest is a name of its own, unlike any other's. */
export function observationOf(use: Use): Observation {
  const isOwn = use.session === '';
  return {
    digest: digestOf(use),
    sourceId: isOwn ? 1 : 2,
    partyId: 1,
    chunkId: 1,
    kind: 'card-usage',
    claim: claimOf(use),
    observedAtMs: use.judgedAtMs,
    timeMark: markOf(use),
    series: isOwn ? null : use.session,
    body: bodyOf(use) as Observation['body'],
  };
}

function markOf(use: Use): TimeMark {
  if (use.statedMs === null) return 'receipt';
  return use.statedMs === use.judgedAtMs ? 'stated' : 'implausible';
}

/** The body that the reader of usage tables makes of the record's row; a test holds the two together. */
export function bodyOf(use: Use): UsageBody {
  const body: UsageBody = { service: use.service, event: use.event };
  if (use.bytesUp >= 0) body.bytesUp = use.bytesUp;
  if (use.bytesDown >= 0) body.bytesDown = use.bytesDown;
  if (use.bytesUp >= 0 && use.bytesDown >= 0) body.bytes = use.bytesUp + use.bytesDown;
  if (use.smsCount >= 0) body.smsCount = use.smsCount;
  if (use.voiceSeconds >= 0) body.voiceSeconds = use.voiceSeconds;
  if (use.durationSeconds >= 0) body.durationSeconds = use.durationSeconds;
  if (use.imeisv !== '') {
    body.imei = use.imeisv.slice(0, 14);
    body.tac = use.imeisv.slice(0, 8);
    body.imeisvSvn = use.imeisv.slice(14);
    const kind = models.get(body.tac);
    if (kind !== undefined) body.deviceKind = kind;
  }
  body.mcc = use.plmn.slice(0, 3);
  body.mnc = use.plmn.slice(3);
  body.plmn = use.plmn;
  if (!Number.isNaN(use.latE6)) {
    body.latE6 = use.latE6;
    body.lonE6 = use.lonE6;
    if (use.accuracyM >= 0) body.accuracyM = use.accuracyM;
  }
  if (use.session !== '') body.sessionId = use.session;
  if (use.direction !== '') body.direction = use.direction;
  if (use.peer !== '') body.peer = use.peer;
  if (use.peerKind !== '') body.peerKind = use.peerKind;
  for (const field of FLOW_FIELDS) if (use[field] !== '') body[field] = use[field];
  const isTalk = use.service === 'voice' || use.service === 'sms';
  if (isTalk && use.cell !== '') body.talkCell = use.cell;
  if (body.deviceKind === 'handset' && use.account !== '') body.handsetAccount = use.account;
  return body;
}

const FLOW_FIELDS = ['cell', 'destination', 'application', 'cause', 'area', 'account'] as const;

function digestOf(use: Use): string {
  const [card = '', day = '', n = ''] = use.id.split('-');
  const hex = (digits: string, width: number): string => Number(digits).toString(16).padStart(width, '0');
  return `${hex(n, 8)}${hex(card, 16)}${hex(day, 8)}`.padEnd(64, '0');
}
