/** The card and the modem that a message says it was sent through (I-29), by their digits. */
export interface ToldModem {
  readonly iccid?: string;
  readonly imei?: string;
}

/** Some modems fill the last half octet of a card's number with F. */
const ICCID = /^(\d{18,20})[Ff]?$/;
const IMEI = /^\d{14,16}$/;

/**
 * What a message in JSON says in its members `iccid` and `imei`. Only texts of digits are taken: a number would have lost
 * some. It is the device's own word; whether it matters, rules say.
 */
export function modemIn(text: string): ToldModem {
  if (!text.trimStart().startsWith('{')) return {};
  const { iccid, imei } = membersOf(text);
  const card = typeof iccid === 'string' ? ICCID.exec(iccid)?.[1] : undefined;
  return {
    ...(card === undefined ? {} : { iccid: card }),
    ...(typeof imei === 'string' && IMEI.test(imei) ? { imei } : {}),
  };
}

function membersOf(text: string): { readonly iccid?: unknown; readonly imei?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
