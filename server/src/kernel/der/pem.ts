import { Refusal } from '../refusal.ts';
import type { DerCode } from './read.ts';

/** The PEM form (RFC 7468) of bytes under a label, `CERTIFICATE`. */
export function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/**
 * The bytes of every PEM part with one of the labels, in their order; texts around them are passed over, as RFC 7468
 * §2 allows. Refuses `der-unreadable` for a part whose base64 is none.
 */
export function pemParts(text: string, ...labels: readonly string[]): Buffer[] {
  const parts: Buffer[] = [];
  const begin = /-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n/g;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const label = match[1] as string;
    const end = text.indexOf(`-----END ${label}-----`, begin.lastIndex);
    if (end < 0) throw no(label);
    if (labels.includes(label)) {
      const base64 = text.slice(begin.lastIndex, end).replace(/[\r\n\t ]/g, '');
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) throw no(label);
      parts.push(Buffer.from(base64, 'base64'));
    }
    begin.lastIndex = end;
  }
  return parts;
}

function no(label: string): Refusal<DerCode> {
  return new Refusal<DerCode>('der-unreadable', {
    detail: { place: label, what: 'no base64 between its lines' },
  });
}
