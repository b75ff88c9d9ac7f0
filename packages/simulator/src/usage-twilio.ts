import type { Use } from './model.ts';

const EVENTS: Readonly<Record<string, string>> = { start: 'started', interim: 'updated', stop: 'ended' };
const PREFIX = 'com.twilio.iot.supersim.connection.data-session.';

/** Whether Super SIM's event stream can tell the record: running totals of a session, at a stated time. */
export function isConnection(use: Use): boolean {
  return use.session !== '' && use.statedMs !== null && EVENTS[use.event] !== undefined;
}

/**
 * One connection event of Twilio's Super SIM as its event streams push it
 * (twilio.com/docs/iot/supersim/connection-events-on-event-streams), on a line of its own. Of the share since the event
 * before and the running total that a real one carries, the total alone is told.
 *
 * It tells no length of a session.
 */
export function connectionEvent(use: Use): string {
  const time = new Date(use.statedMs as number).toISOString();
  const type = `${PREFIX}${EVENTS[use.event]}`;
  const data = {
    event_type: type,
    event_sid: use.id,
    timestamp: time,
    sim_iccid: use.card.iccid,
    imsi: use.card.imsi,
    imei: use.imeisv === '' ? null : use.imeisv,
    network:
      use.plmn === ''
        ? null
        : { mcc: use.plmn.slice(0, 3), mnc: use.plmn.slice(3), friendly_name: `Network ${use.plmn}` },
    data_session_sid: use.session,
    ...(use.bytesUp < 0 ? {} : { data_session_data_upload: use.bytesUp }),
    ...(use.bytesDown < 0 ? {} : { data_session_data_download: use.bytesDown }),
    ...(use.bytesUp < 0 || use.bytesDown < 0 ? {} : { data_session_data_total: use.bytesUp + use.bytesDown }),
  };
  return `${JSON.stringify({ specversion: '1.0', type, source: '/v1/Sims', id: use.id, time, data })}\n`;
}
