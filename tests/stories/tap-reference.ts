/**
 * What another decoder says of a TAP file: its XML, read here by itself, with nothing of the product's decoding.
 */

interface Element {
  readonly name: string;
  readonly text: string;
  readonly children: Element[];
}

/** One call event detail. */
export interface ReferenceEvent {
  /** The element whole: two events with the same content are the same event. */
  readonly content: string;
  readonly imsi: string;
  readonly atMs: number;
  readonly offsetMin: number;
  readonly bytesUp: number | undefined;
  readonly bytesDown: number | undefined;
  /** What of a record's body the XML states, under the names the corridor keeps it by. */
  readonly body: Readonly<Record<string, string | number>>;
}

export interface ReferenceFile {
  readonly root: string;
  /** `3.12`; empty where the file states none. */
  readonly release: string;
  readonly sender: string;
  readonly recipient: string;
  readonly fileNumber: string;
  readonly events: readonly ReferenceEvent[];
  /** What the audit part declares, and what the events come to. */
  readonly declared: { readonly count: string; readonly charge: string };
  readonly charge: string;
  readonly isWithinRange: boolean;
}

export function readReference(xml: string): ReferenceFile {
  const root = parse(xml);
  const text = (name: string) => first(root, name)?.text ?? '';
  const release = [text('SpecificationVersionNumber'), text('ReleaseVersionNumber')]
    .filter(Boolean)
    .join('.');
  const offsets = new Map(
    all(root, 'UtcTimeOffsetInfo').map(info => [
      first(info, 'UtcTimeOffsetCode')?.text ?? '',
      first(info, 'UtcTimeOffset')?.text ?? '',
    ]),
  );
  // Other files and releases state their events otherwise.
  const isRead = root.name === 'TransferBatch' && release === '3.12';
  const list = isRead ? root.children.find(child => child.name === 'CallEventDetailList') : undefined;
  const events = (list?.children ?? []).map(element => eventOf(element, offsets, text('Sender')));
  const audit = root.children.find(child => child.name === 'AuditControlInfo');
  const bound = (name: string, usual: number) =>
    audit === undefined || first(audit, name) === undefined
      ? usual
      : momentOf(first(audit, name)!, offsets).atMs;
  const [from, to] = [bound('EarliestCallTimeStamp', -Infinity), bound('LatestCallTimeStamp', Infinity)];
  return {
    root: root.name,
    release,
    sender: text('Sender'),
    recipient: text('Recipient'),
    fileNumber: text('FileSequenceNumber'),
    events,
    declared: { count: text('CallEventDetailsCount'), charge: text('TotalCharge') },
    charge: String(all(root, 'ChargeDetail').reduce((sum, detail) => sum + totalOf(detail), 0n)),
    isWithinRange: events.every(event => event.atMs >= from && event.atMs <= to),
  };
}

/** Charges of type 00 are the totals; others are parts of them. */
function totalOf(detail: Element): bigint {
  const isTotal = first(detail, 'ChargeType')?.text === '00';
  return isTotal ? BigInt(first(detail, 'Charge')?.text ?? '0') : 0n;
}

function eventOf(element: Element, offsets: ReadonlyMap<string, string>, sender: string): ReferenceEvent {
  const text = (name: string) => first(element, name)?.text;
  const number = (name: string) => (text(name) === undefined ? undefined : Number(text(name)));
  const stamp = first(element, 'CallEventStartTimeStamp') ?? first(element, 'ChargingTimeStamp');
  const [area, cell] = [text('LocationArea'), text('CellId')];
  const stated = {
    tadig: sender,
    apn: text('AccessPointNameNI'),
    durationSeconds: number('TotalCallEventDuration'),
    imei: text('Imei')?.slice(0, 14),
    cell: area === undefined || cell === undefined ? undefined : `${area}-${cell}`,
    bytesUp: number('DataVolumeIncoming'),
    bytesDown: number('DataVolumeOutgoing'),
  };
  return {
    content: JSON.stringify(element),
    imsi: text('Imsi') ?? '',
    ...momentOf(stamp!, offsets),
    bytesUp: stated.bytesUp,
    bytesDown: stated.bytesDown,
    body: Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined)) as Record<
      string,
      string | number
    >,
  };
}

/** Local time with an offset of its own or by a code of the head. */
function momentOf(stamp: Element, offsets: ReadonlyMap<string, string>): { atMs: number; offsetMin: number } {
  const offset =
    first(stamp, 'UtcTimeOffset')?.text ?? offsets.get(first(stamp, 'UtcTimeOffsetCode')?.text ?? '') ?? '?';
  const local = first(stamp, 'LocalTimeStamp')?.text ?? '';
  const iso = local.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6');
  const [, sign = '', hours = '', minutes = ''] = /^([+-])(\d\d)(\d\d)$/.exec(offset) ?? [];
  const atMs = Date.parse(`${iso}${sign}${hours}:${minutes}`);
  if (Number.isNaN(atMs)) throw new Error(`no time: ${local} ${offset}`);
  return { atMs, offsetMin: Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) };
}

function first(element: Element, name: string): Element | undefined {
  return all(element, name)[0];
}

function all(element: Element, name: string): Element[] {
  return element.children.flatMap(child => [...(child.name === name ? [child] : []), ...all(child, name)]);
}

/** Elements and their text; the decoder writes no attributes that say anything of the content. */
function parse(xml: string): Element {
  const top: Element = { name: '', text: '', children: [] };
  const open = [top];
  const tags = /<(\/?)([A-Za-z]\w*)[^>]*?(\/?)>([^<]*)/g;
  for (const [, close, name = '', isEmpty, text = ''] of xml.replace(/<!--.*?-->/gs, '').matchAll(tags)) {
    if (close === '/') {
      open.pop();
      continue;
    }
    const element = { name, text: text.trim(), children: [] };
    open.at(-1)?.children.push(element);
    if (isEmpty !== '/') open.push(element);
  }
  const [root] = top.children;
  if (root === undefined) throw new Error('no XML');
  return root;
}
