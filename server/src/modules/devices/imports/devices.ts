import type {
  ImportKind,
  ImportRow,
  Reference,
  Registered,
  Registration,
  TableRow,
} from '../../../spine/contribution.ts';
import { FACTS } from '../bound.ts';
import { claimOf, DEVICE, deviceName, nameIn, PRODUCT, referenceOf } from '../model.ts';

const ATTRIBUTES = { title: 'title', hardware: 'hardware', firmware: 'firmware' } as const;
/** A device belongs to one product, and carries one card at a time; both are dated (I-29). */
export const OF_PRODUCT = 'of';
export const CARRIES = 'carries';
export const CARD = 'card';
const FOREVER = Number.MAX_SAFE_INTEGER;

/**
 * Devices by product and serial number, before they are ever seen: a factory's batch. `iccid` is the card that the device
 * carries from then on, `imei` that of its modem, both by their digits.
 */
export const devicesImport: ImportKind = {
  name: 'devices',
  columns: ['serial', 'product', ...Object.values(ATTRIBUTES), 'iccid', 'imei', 'from'],
  row: readRow,
  rowsOf: { kind: DEVICE, read: rowsOf },
};

function readRow(cells: Readonly<Record<string, string>>): ImportRow {
  const cell = (name: string): string => (cells[name] ?? '').trim();
  const name = deviceName(cell('product'), cell('serial'));
  if (name === null) return { refused: 'device-name-refused' };
  const [iccid, imei, from] = [cell('iccid'), cell('imei'), cell('from')];
  if (iccid !== '' && !/^\d{18,20}$/.test(iccid)) return { refused: 'iccid-unreadable' };
  if (imei !== '' && !/^\d{14,16}$/.test(imei)) return { refused: 'imei-unreadable' };
  const fromMs = from === '' ? undefined : Date.parse(from);
  if (fromMs !== undefined && !Number.isFinite(fromMs)) return { refused: 'time-unreadable' };
  const attributes = Object.fromEntries(
    Object.entries(ATTRIBUTES).flatMap(([key, column]) => (cell(column) === '' ? [] : [[key, cell(column)]])),
  );
  const span = fromMs === undefined ? {} : { fromMs };
  return { registrations: registrationsOf(name, attributes, { iccid, imei }, span) };
}

/** What registering one device asks of the registry: the card it carries and its modem are told from the span on, where they are known. */
export function registrationsOf(
  name: { readonly product: string; readonly serial: string },
  attributes: Readonly<Record<string, string>>,
  { iccid, imei }: { readonly iccid: string; readonly imei: string },
  span: { readonly fromMs?: number },
): Registration[] {
  const reference = referenceOf(name);
  const device = { kind: DEVICE, reference };
  const product = { kind: PRODUCT, reference: name.product };
  const all = { ...attributes, ...(imei === '' ? {} : { imei }), serial: name.serial };
  return [
    { do: 'subject', ...product },
    { do: 'subject', ...device, class: name.product, attributes: all },
    { do: 'alias', ...device, claim: claimOf(reference) },
    { do: 'link', from: device, linkKind: OF_PRODUCT, to: product, replaces: true },
    ...(iccid === '' ? [] : cardOf(device, cardReference(iccid), span)),
    ...(imei === ''
      ? []
      : [
          {
            do: 'fact',
            ...device,
            factKind: FACTS.modem,
            body: { imei: imei.slice(0, 14) },
            ...span,
          } as const,
        ]),
  ];
}

/** The link leads to the card; the fact is what rules compare with. */
function cardOf(device: Reference, reference: string, span: { readonly fromMs?: number }): Registration[] {
  const to = { kind: CARD, reference };
  return [
    { do: 'link', from: device, linkKind: CARRIES, to, replaces: true, ...span },
    { do: 'fact', ...device, factKind: FACTS.card, body: { iccid: reference }, ...span },
  ];
}

/** Cards go by their number without its check digit, where the twentieth is one (ITU-T E.118). */
function cardReference(iccid: string): string {
  if (iccid.length !== 20) return iccid;
  let sum = 0;
  for (const [i, digit] of [...iccid].reverse().map(Number).entries()) {
    const weighed = i % 2 === 1 ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0 ? iccid.slice(0, 19) : iccid;
}

/** A row for each moment at which the card or the modem changed; one for a device of which neither is known. */
function rowsOf({ reference, attributes, links, facts }: Registered): TableRow[] {
  const name = nameIn(reference);
  if (name === null) return [];
  const cells = Object.entries(ATTRIBUTES).map(([key, column]) => [column, attributes[key] ?? '']);
  const common = { ...name, ...Object.fromEntries(cells) };
  const carried = links.filter(each => each.kind === CARRIES && each.direction === 'to');
  const modems = facts.filter(each => each.kind === FACTS.modem);
  const moments = [...new Set([...carried, ...modems].map(each => each.fromMs))].sort((a, b) => a - b);
  // Devices that were registered before modems had a beginning have the attribute alone.
  const imei = modems.length === 0 ? (attributes['imei'] ?? '') : '';
  if (moments.length === 0) return [{ ...common, iccid: '', imei, from: '' }];
  return moments.map(fromMs => {
    const modem = modems.find(each => each.fromMs === fromMs)?.body['imei'];
    return {
      ...common,
      iccid: carried.find(each => each.fromMs === fromMs)?.reference ?? '',
      imei: typeof modem === 'string' ? modem : imei,
      from: fromMs === -FOREVER ? '' : new Date(fromMs).toISOString(),
    };
  });
}
