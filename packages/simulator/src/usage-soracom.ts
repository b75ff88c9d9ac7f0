import type { Use } from './model.ts';
import { line } from './usage-file.ts';
import { dayInChina } from './usage-own.ts';

const OPERATOR = 'OP0000000001';
/** Every so many octets are counted as a packet. */
const PACKET_BYTES = 1_200;

/**
 * What Soracom's interface tells of one use (its OpenAPI as published with `soracom-cli`): the session event that names
 * device and cell, and the statistics of the interval in which the volume was counted, a part of it in the slower class
 * of speed. Statistics name no card, so what was asked stands beside them.
 *
 * No length, no place and no messages are told, and nothing of a flow.
 */
export function soracomRecords(use: Use): readonly string[] {
  return [line(sessionEvent(use)), line(statistics(use))];
}

function sessionEvent(use: Use) {
  const { card, plmn } = use;
  const time = use.statedMs as number;
  const day = dayInChina(time);
  return {
    operatorId: OPERATOR,
    imsi: card.imsi,
    simId: card.iccid,
    event: 'Modified',
    time,
    createdTime: Date.parse(`${day}T00:00:00+08:00`),
    apn: 'soracom.io',
    imei: use.imeisv === '' ? null : use.imeisv,
    ueIpAddress: '10.0.0.1',
    sessionId: `${card.iccid.slice(-11, -1)}-${day}`,
    cell:
      plmn === '' ? null : { radioType: 'LTE', mcc: Number(plmn.slice(0, 3)), mnc: Number(plmn.slice(3)) },
  };
}

function statistics(use: Use) {
  const { card, bytesUp, bytesDown } = use;
  const unixtime = (use.statedMs as number) / 1000;
  const slow = traffic(Math.floor(bytesUp / 4), Math.floor(bytesDown / 4));
  const fast = traffic(bytesUp - slow.uploadByteSizeTotal, bytesDown - slow.downloadByteSizeTotal);
  const date = new Date(unixtime * 1000).toISOString().slice(0, 10).replaceAll('-', '');
  return {
    asked: { simId: card.iccid, imsi: card.imsi },
    at: new Date(unixtime * 1000 + 600_000).toISOString(),
    answer: [{ date, unixtime, dataTrafficStatsMap: { 's1.fast': fast, 's1.slow': slow } }],
  };
}

function traffic(up: number, down: number) {
  return {
    uploadByteSizeTotal: up,
    downloadByteSizeTotal: down,
    uploadPacketSizeTotal: Math.ceil(up / PACKET_BYTES),
    downloadPacketSizeTotal: Math.ceil(down / PACKET_BYTES),
  };
}
