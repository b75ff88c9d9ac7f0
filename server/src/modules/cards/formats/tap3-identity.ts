import { createHash, type Hash } from 'node:crypto';
import type { BerNode } from './ber.ts';
import { every, type Named } from './tap3-tree.ts';

/** What a network calls one event by: the charging id of its gateway, or the reference of the call in its switch. */
const NAMES = ['ChargingId', 'CallReference'] as const;

/**
 * What another file may tell otherwise of the same event: charges and what else its operator adds, the mark of a return,
 * and codes that the head of each file gives a meaning of its own (offsets, recording entities).
 */
const OF_THE_FILE: ReadonlySet<number> = new Set([70, 162, 181, 184, 232]);

/**
 * The part of an event's identity that its file gives and the part that is its own (C-17), joined by `/`.
 *
 * An event that bears a name of its network is the same event in whatever file it comes: one that was returned and is
 * sent again, or that is told again in a later file, counts once. What is used and when are part of it, for partial
 * records of one context share its charging id. An event without such a name, two short messages of one second, is
 * known by its file: in another file it would be another. `observedAtMs` is its start.
 */
export function eventIdentity(
  event: BerNode,
  tree: Named,
  fileNumber: string,
  observedAtMs: number | undefined,
): string {
  const isNamed = observedAtMs !== undefined && NAMES.some(name => !every(tree, name).next().done);
  const hash = createHash('sha256');
  hashContent(hash, event, isNamed ? OF_THE_FILE : NOTHING);
  if (isNamed) hash.update(`at:${observedAtMs}`);
  const content = hash.digest('hex').slice(0, 32);
  return `${isNamed ? 'event' : fileNumber}/${content}`;
}

const NOTHING: ReadonlySet<number> = new Set();

/** Tags and contents, so that other lengths of the same event bring the same. */
function hashContent(hash: Hash, node: BerNode, without: ReadonlySet<number>): void {
  const isOut = (child: BerNode): boolean => child.tagClass === 'application' && without.has(child.tag);
  const children = node.children?.filter(child => !isOut(child)) ?? null;
  hash.update(`${node.tagClass}:${node.tag}:${children?.length ?? -1}:`);
  if (children === null) hash.update(`${node.content.length}:`).update(node.content);
  for (const child of children ?? []) hashContent(hash, child, without);
}
