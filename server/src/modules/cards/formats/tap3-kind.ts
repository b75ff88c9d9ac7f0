import { Refusal } from '../../../kernel/refusal.ts';
import { type BerHead, decode, readHead } from './ber.ts';
import { NRTRDE_TAGS, TAP_TAGS } from './tap3-fields.ts';
import type { TapHead } from './tap3-file.ts';
import { type Named, named } from './tap3-tree.ts';

export type Tap3Code = 'format-mismatch';

const OTHER_FILES: Readonly<Record<number, string>> = {
  534: 'RAP return batch',
  535: 'RAP acknowledgement',
};

/** The outermost element, when it is a transfer batch or a notification; otherwise a refusal that names what it is. */
export function outermost(view: Buffer): BerHead {
  const head = readHead(view, 0, view.length);
  if ('fault' in head || head.tagClass !== 'application' || !head.isConstructed)
    throw mismatch('no TAP file');
  const other = OTHER_FILES[head.tag];
  if (other !== undefined) throw mismatch(other);
  if (head.tag !== 1 && head.tag !== 2) throw mismatch(`application tag ${head.tag}`);
  const first = readHead(view, head.headBytes, view.length);
  if (head.tag === 1 && !('fault' in first) && first.tag === SPECIFICATION_OF_NRTRDE)
    throw mismatch('NRTRDE');
  return head;
}

/** NRTRDE has the same outermost tag as a transfer batch, but its version comes first. */
const SPECIFICATION_OF_NRTRDE = 41;

/** Files of other releases are refused by name before any event is read. */
export function refuseOtherRelease(head: TapHead): void {
  if (head.specification === '3' && head.release === '12') return;
  throw mismatch(`TAP ${head.specification}.${head.release}`, {
    sender: head.sender,
    recipient: head.recipient,
    fileNumber: head.fileNumber,
  });
}

function mismatch(found: string, detail: Record<string, string> = {}): Refusal<Tap3Code> {
  return new Refusal('format-mismatch', { detail: { format: 'tap3', reads: 'TAP 3.12', found, ...detail } });
}

/** The whole of a small TAP, RAP or NRTRDE file as a named tree, for looking at and for comparing with another decoder. */
export function tapTree(file: Uint8Array): Named | null {
  const decoded = decode(file, 0, file.length);
  if ('fault' in decoded || decoded.node.children === null) return null;
  const isNrtrde = decoded.node.tag === 1 && decoded.node.children[0]?.tag === SPECIFICATION_OF_NRTRDE;
  return named(decoded.node, isNrtrde ? NRTRDE_TAGS : TAP_TAGS);
}
