/** Claims that name a person's line or device, and fields that hold one or tell where it is (C-51). */
const CLAIM = /^(imsi|imei|imeisv|msisdn):(.+)$/i;
const FIELD =
  /^(imsi|imei|imeis|imeisv|deviceId|msisdn|cell|cellId|userLocation|location|latitude|longitude)$/i;

/** The same document with identifiers and places masked; the last two characters of an identifier stay to be told apart by. */
export function masked(value: unknown): unknown {
  if (typeof value === 'string') return maskedClaim(value);
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, FIELD.test(name) ? hiddenAll(item) : masked(item)]),
  );
}

/** A claim that names a person's line or device, masked; any other text as it is. */
export function maskedClaim(text: string): string {
  return text.replace(CLAIM, (_all, kind: string, name: string) => `${kind}:${hidden(name)}`);
}

function hiddenAll(value: unknown): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.map(hiddenAll) : hidden(String(value));
}

/** A text of which at most the last two characters are told. */
export const hidden = (text: string): string => `••••${text.length > 8 ? text.slice(-2) : ''}`;
