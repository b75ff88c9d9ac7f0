import type { UsageBody } from '../model.ts';

import type { Cells, Places } from './csv-cells.ts';

/**
 * The device's place: decimal degrees become whole degrees × 10^6, cut off beyond that (0.11 m), and a radius whole
 * metres, rounded up, so that a place never seems more exact than it was. A place that is not on the globe, one half
 * of one, or the point 0, 0 that receivers report before they know better, is none: the row stays, with a flag.
 */
export function putPlace(body: UsageBody, cells: Cells, at: Places, flags: string[]): void {
  const latitude = cells.text(at.latitude);
  const longitude = cells.text(at.longitude);
  if (latitude === null && longitude === null) return;
  const [latE6, lonE6] = [degreesE6(latitude ?? '', 90), degreesE6(longitude ?? '', 180)];
  if (latE6 === null || lonE6 === null || (latE6 === 0 && lonE6 === 0)) {
    flags.push('place-unreadable');
    return;
  }
  body.latE6 = latE6;
  body.lonE6 = lonE6;
  const radius = cells.text(at.accuracyM);
  const accuracyM = radius === null ? null : metres(radius);
  if (accuracyM !== null) body.accuracyM = accuracyM;
  else if (radius !== null) flags.push('accuracy-unreadable');
}

/** Decimal degrees as degrees × 10^6, cut off beyond that; null for what is none or goes beyond `most`. */
export function degreesE6(text: string, most: number): number | null {
  const found = /^([+-]?)(\d{1,3})(?:\.(\d{1,30}))?$/.exec(text.trim());
  if (found === null) return null;
  const [, sign, whole = '', fraction = ''] = found;
  const size = Number(whole) * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
  if (size > most * 1_000_000) return null;
  return sign === '-' && size !== 0 ? -size : size;
}

function metres(text: string): number | null {
  const found = /^(\d{1,9})(?:\.(\d{1,30}))?$/.exec(text.trim());
  if (found === null) return null;
  return Number(found[1]) + (/[1-9]/.test(found[2] ?? '') ? 1 : 0);
}

const DIRECTIONS: Readonly<Record<string, string>> = {
  mo: 'mo',
  out: 'mo',
  outgoing: 'mo',
  mt: 'mt',
  in: 'mt',
  incoming: 'mt',
};

/** The other side of a call or message: its number without blanks, hyphens and a leading plus or 00. */
export function putPeer(body: UsageBody, cells: Cells, at: Places, flags: string[]): void {
  const direction = cells.text(at.direction)?.toLowerCase();
  const known = direction === undefined ? undefined : DIRECTIONS[direction];
  if (known !== undefined) body.direction = known;
  else if (direction !== undefined) flags.push('direction-unknown');
  const peer = cells
    .text(at.peer)
    ?.replaceAll(/[\s-]/g, '')
    .replace(/^(\+|00(?=[1-9]))/, '');
  if (peer !== undefined && peer !== '') body.peer = peer;
  const kind = cells.text(at.peerKind)?.toLowerCase();
  if (kind === 'emergency' || kind === 'operator') body.peerKind = kind;
  else if (kind !== undefined) flags.push('peer-kind-unknown');
}
