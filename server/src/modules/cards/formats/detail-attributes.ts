/** The attributes that readings are made of; others are read past. */
export const ATTRIBUTE_NAMES = [
  'Acct-Status-Type',
  'Acct-Session-Id',
  'Acct-Unique-Session-Id',
  'Acct-Session-Time',
  'Acct-Input-Octets',
  'Acct-Output-Octets',
  'Acct-Input-Gigawords',
  'Acct-Output-Gigawords',
  'Acct-Delay-Time',
  'Event-Timestamp',
  'Timestamp',
  'NAS-Identifier',
  'NAS-IP-Address',
  'NAS-IPv6-Address',
  'Calling-Station-Id',
  'Called-Station-Id',
  '3GPP-IMSI',
  '3GPP-IMEISV',
  '3GPP-SGSN-MCC-MNC',
  '3GPP-User-Location-Info',
  '3GPP-RAT-Type',
] as const;
export type AttributeName = (typeof ATTRIBUTE_NAMES)[number];

/** By name; what is not in the list above cannot be asked for. */
export type AttributeValues = Pick<ReadonlyMap<AttributeName, string>, 'get' | 'has' | 'size'>;

/** What one block of a detail file or attribute list states. */
export interface Attributes {
  /** First value of each attribute by its plain name: `3GPP-IMSI`, `Acct-Session-Id`. */
  readonly values: AttributeValues;
  /** The date line of a detail record, which has no zone and is not believed when there is a `Timestamp`. */
  readonly dateLine: string | null;
  /** Lines that are neither attributes, comments nor the date line. */
  readonly strayLines: number;
  /** Lines with `==`: what a test expects as an answer; they are not input. */
  readonly expectedLines: number;
}

const LINE = /^\s*([A-Za-z0-9][A-Za-z0-9.:-]*)\s*(==|:=|\+=|=)\s*(.*)$/;

/** Reads a block: `#` comments, an unindented date line, `Name = value` with or without quotes. */
export function readAttributes(block: string): Attributes {
  const values = new Map<string, string>();
  let dateLine: string | null = null;
  let strayLines = 0;
  let expectedLines = 0;
  for (const line of block.split('\n')) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const found = LINE.exec(line.trimEnd());
    if (found === null) {
      if (dateLine === null && values.size === 0 && isDateLine(line)) dateLine = text;
      else strayLines += 1;
    } else if (found[2] === '==') {
      expectedLines += 1;
    } else {
      const name = plainName(found[1] as string);
      if (!values.has(name)) values.set(name, plainValue(found[3] as string));
    }
  }
  return { values, dateLine, strayLines, expectedLines };
}

export function isDateLine(line: string): boolean {
  return /^\S/.test(line) && /\b\d{1,2}:\d{2}:\d{2}\b.*\b\d{4}\b/.test(line);
}

/**
 * FreeRADIUS 4 writes `Vendor-Specific.3GPP.IMSI` where version 3 writes `3GPP-IMSI` (cards.md §3.15):
 * both become the latter.
 */
function plainName(name: string): string {
  const parts = name.split('.');
  const last = parts.at(-1) as string;
  if (parts.length === 1) return last;
  return parts.includes('3GPP') && !last.startsWith('3GPP-') ? `3GPP-${last}` : last;
}

function plainValue(raw: string): string {
  const text = raw.trim();
  const quote = text.charAt(0);
  if ((quote === '"' || quote === "'") && text.length >= 2 && text.endsWith(quote)) {
    return text.slice(1, -1).replace(/\\([0-7]{3}|[\s\S])/g, (_, code: string) => unescaped(code));
  }
  return text.replace(/^::/, '').replace(/,$/, '');
}

function unescaped(code: string): string {
  if (code.length === 3) return String.fromCharCode(Number.parseInt(code, 8));
  return { n: '\n', r: '\r', t: '\t' }[code] ?? code;
}
