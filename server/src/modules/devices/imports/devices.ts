import type {
  ImportKind,
  ImportRow,
  Registered,
  Registration,
  TableRow,
} from '../../../spine/contribution.ts';
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
  return {
    registrations: registrationsOf(name, { ...attributes, ...(imei === '' ? {} : { imei }) }, iccid, span),
  };
}

/** What registering one device asks of the registry. */
export function registrationsOf(
  name: { readonly product: string; readonly serial: string },
  attributes: Readonly<Record<string, string>>,
  iccid: string,
  span: { readonly fromMs?: number },
): Registration[] {
  const reference = referenceOf(name);
  const device = { kind: DEVICE, reference };
  const product = { kind: PRODUCT, reference: name.product };
  const card = { kind: CARD, reference: cardReference(iccid) };
  return [
    { do: 'subject', ...product },
    { do: 'subject', ...device, class: name.product, attributes: { ...attributes, serial: name.serial } },
    { do: 'alias', ...device, claim: claimOf(reference) },
    { do: 'link', from: device, linkKind: OF_PRODUCT, to: product, replaces: true },
    ...(iccid === ''
      ? []
      : [{ do: 'link', from: device, linkKind: CARRIES, to: card, replaces: true, ...span } as const]),
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

function rowsOf({ reference, attributes, links }: Registered): TableRow[] {
  const name = nameIn(reference);
  if (name === null) return [];
  const cells = Object.entries(ATTRIBUTES).map(([key, column]) => [column, attributes[key] ?? '']);
  const common = { ...name, ...Object.fromEntries(cells), imei: attributes['imei'] ?? '' };
  const carried = links.filter(each => each.kind === CARRIES && each.direction === 'to');
  if (carried.length === 0) return [{ ...common, iccid: '', from: '' }];
  return carried.map(({ reference: iccid, fromMs }) => ({
    ...common,
    iccid,
    from: fromMs === -FOREVER ? '' : new Date(fromMs).toISOString(),
  }));
}
