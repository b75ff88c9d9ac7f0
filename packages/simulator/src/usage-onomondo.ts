import type { Use } from './model.ts';

/** Whether Onomondo's webhooks can tell the record: data or a message, at a stated time, with its own share. */
export function isHooked(use: Use): boolean {
  const isTold = use.session === '' && use.event === 'event' && use.statedMs !== null;
  if (!isTold || use.peerKind === 'emergency') return false;
  return use.service === 'sms' || (use.service === 'data' && (use.bytesUp >= 0 || use.bytesDown >= 0));
}

/**
 * One event as Onomondo pushes it (docs.onomondo.com/webhooks-reference), on a line of its own.
 *
 * It tells no length of a session, no place, no mark of the operator's messages, and no messages counted with data.
 */
export function hookedRecord(use: Use): string {
  const about = {
    time: new Date(use.statedMs as number).toISOString(),
    sim_id: String(100_000_000 + use.card.index),
    iccid: use.card.iccid,
    ...(use.imeisv === '' ? {} : { imei: use.imeisv }),
    ...(use.plmn === '' ? {} : { network: { mcc: use.plmn.slice(0, 3), mnc: use.plmn.slice(3) } }),
  };
  const event = use.service === 'sms' ? messageOf(use) : volumeOf(use);
  return `${JSON.stringify({ ...event, ...about })}\n`;
}

function messageOf({ direction, peer }: Use) {
  const side = direction === 'mt' ? { from: peer } : { to: peer };
  return {
    type: 'usage-sms',
    ...(direction === '' ? {} : { direction }),
    ...(peer === '' ? {} : side),
  };
}

function volumeOf({ id, bytesUp, bytesDown }: Use) {
  return {
    type: 'usage',
    session_id: id,
    ...(bytesUp < 0 ? {} : { upload: bytesUp }),
    ...(bytesDown < 0 ? {} : { download: bytesDown }),
    ...(bytesUp < 0 || bytesDown < 0 ? {} : { bytes: bytesUp + bytesDown }),
  };
}
