import type { Reading } from './month-totals.ts';
import { line } from './usage-file.ts';
import { textInChina } from './usage-own.ts';

/**
 * Usage of the cycle to date as Cisco's Control Center answers it (developer.cisco.com/docs/control-center,
 * `GET /v1/devices/{iccid}/ctdUsages`), with the question and its time beside it: octets since the month began in China.
 *
 * No network, no place, no length and no messages are told, and nothing of a flow.
 */
export function controlCenterReading({ atMs, use, total }: Reading): readonly string[] {
  const { card } = use;
  const answer = {
    iccid: card.iccid,
    imsi: card.imsi,
    msisdn: card.msisdn,
    imei: use.imeisv === '' ? null : use.imeisv,
    status: 'ACTIVATED',
    ratePlan: 'Simulated',
    communicationPlan: 'Data',
    ctdDataUsage: total.bytes,
    ctdSMSUsage: 0,
    ctdVoiceUsage: 0,
    ctdSessionCount: total.sessions,
    overageLimitReached: false,
    overageLimitOverride: 'DEFAULT',
  };
  return [line({ asked: { iccid: card.iccid }, at: textInChina(atMs), answer })];
}
