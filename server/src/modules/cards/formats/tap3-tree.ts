import { type BerNode, berInteger } from './ber.ts';
import type { FieldForm, TagName } from './tap3-fields.ts';

/** A decoded element with its name of the standard: what an independent decoder's XML shows. */
export interface Named {
  readonly name: string;
  /** Null for a sequence. */
  readonly value: string | null;
  readonly children: readonly Named[];
}

/** Names every element of a tree; one whose tag is not in the table is called `tag-<n>` and kept as hex. */
export function named(node: BerNode, tags: ReadonlyMap<number, TagName>): Named {
  const known = node.tagClass === 'application' ? tags.get(node.tag) : undefined;
  const name = known?.name ?? `${node.tagClass === 'application' ? '' : `${node.tagClass}-`}tag-${node.tag}`;
  if (node.children !== null) {
    return { name, value: null, children: node.children.map(child => named(child, tags)) };
  }
  return { name, value: asText(node.content, known?.form ?? 'hex'), children: [] };
}

function asText(content: Uint8Array, form: FieldForm): string {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  switch (form) {
    case 'int':
      return berInteger(content)?.toString() ?? bytes.toString('hex');
    case 'bcd':
      return bytes.toString('hex').replace(/f+$/, '');
    case 'text':
    case 'octets':
      return bytes.toString('latin1');
    case 'hex':
    case 'sequence':
      return bytes.toString('hex');
  }
}

/** First descendant of that name on the given path of names, each a direct child of the one before. */
export function at(node: Named | undefined, ...path: readonly string[]): Named | undefined {
  let here = node;
  for (const name of path) here = here?.children.find(child => child.name === name);
  return here;
}

/** All descendants of that name, in order. */
export function* every(node: Named, name: string): Generator<Named> {
  for (const child of node.children) {
    if (child.name === name) yield child;
    yield* every(child, name);
  }
}

/** The value at a path, or undefined when the file does not state it. */
export function valueAt(node: Named | undefined, ...path: readonly string[]): string | undefined {
  return at(node, ...path)?.value ?? undefined;
}
