import type { Use } from './model.ts';

/** Whether Wavely's webhooks can tell the record: data, a call or a message, at a stated time, with its own share. */
export function isPushed(use: Use): boolean {
  if (use.session !== '' || use.event !== 'event' || use.statedMs === null) return false;
  // Its records have no mark for a call to a rescue service that is told by no number.
  if (use.peerKind === 'emergency') return false;
  if (use.service === 'data') return use.bytesUp >= 0 || use.bytesDown >= 0;
  return use.service === 'sms' || use.voiceSeconds >= 0;
}

/**
 * One record as Wavely pushes it (docs.wavely.io, "Webhooks"), on a line of its own. Its times carry no zone and are of
 * UTC here; what goes out is what the device sent.
 *
 * It tells no length of a data session, no place, no device of a call or message, no mark of the operator's messages, and no messages counted with data.
 */
export function pushedRecord(use: Use): string {
  const { card } = use;
  const about = {
    icc: card.iccid,
    imsi: card.imsi,
    usageDate: new Date(use.statedMs as number).toISOString().slice(0, -1),
  };
  return `${JSON.stringify(use.service === 'data' ? { ...dataOf(use), ...about } : { ...callOf(use), ...about })}\n`;
}

function dataOf(use: Use) {
  return {
    ...(use.bytesDown < 0 ? {} : { bytesIn: use.bytesDown }),
    ...(use.bytesUp < 0 ? {} : { bytesOut: use.bytesUp }),
    network: use.plmn === '' ? null : networkOf(use),
    sessionId: use.id,
    imei: use.imeisv === '' ? null : use.imeisv,
  };
}

/** A message has no length; of the two networks that which is told says on whose side the card is. */
function callOf(use: Use) {
  const [own, other] = [`+${use.card.msisdn}`, use.peer === '' ? null : use.peer];
  const isToCard = use.direction === 'mt';
  const isFromCard = use.direction === 'mo';
  return {
    ...(use.service === 'voice' ? { duration: use.voiceSeconds } : {}),
    caller: isToCard ? other : own,
    called: isToCard ? own : other,
    fromNetwork: isFromCard ? networkOf(use) : null,
    toNetwork: isToCard ? networkOf(use) : null,
  };
}

function networkOf({ plmn }: Use) {
  return { country: null, tadig: null, plmn: plmn === '' ? null : plmn };
}
