import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { signCheckpoint } from '../server/src/spine/ledger/checkpoint.ts';
import { append, type Edge, edgeRoot, emptyEdge, type MadeTile } from '../server/src/spine/ledger/edge.ts';
import { type NoteSigner, vkeyOf } from '../server/src/spine/ledger/note.ts';
import { BUNDLES, framed, TILE_WIDTH, tilePath } from '../server/src/spine/ledger/tiles.ts';
import { consistencyRanges, leafHash, rangeHash, rootOf } from '../server/src/spine/ledger/tree.ts';

/** A whole log in memory, with its key: what a test needs to play a log that is honest, or is not. */
export interface MadeLog {
  readonly key: NoteSigner;
  readonly vkey: string;
  readonly entries: Buffer[];
  /** Appends entries of our form, or bytes as they are. */
  add(...entries: ReadonlyArray<Buffer | { act: string; object?: string; actor?: string }>): void;
  size(): number;
  root(size?: number): Buffer;
  /** The signed checkpoint of that size. */
  note(size?: number): string;
  proof(oldSize: number, newSize?: number): Buffer[];
  /** A file of the log by its C2SP path, as it is for the whole log; null for what is not there. */
  file(path: string): Buffer | null;
}

export function noteSigner(
  name: string,
  key: KeyObject = generateKeyPairSync('ed25519').privateKey,
): NoteSigner {
  const jwk = key.export({ format: 'jwk' });
  return {
    name,
    publicKey: Buffer.from(jwk.x as string, 'base64url'),
    sign: message => sign(null, message, key),
  };
}

/** A new log; with the key of another one, a second history under one name. */
export function madeLog(name = 'log.example/ledger', key: NoteSigner = noteSigner(name)): MadeLog {
  const entries: Buffer[] = [];
  const leaves = (end: number): Buffer[] => entries.slice(0, end).map(leafHash);
  const log: MadeLog = {
    key,
    vkey: vkeyOf(key),
    entries,
    add(...added) {
      for (const each of added) {
        if (Buffer.isBuffer(each)) entries.push(each);
        else {
          const told = {
            act: each.act,
            actor: each.actor ?? 'corridor',
            at: '2026-01-01T00:00:00.000Z',
            detail: {},
          };
          entries.push(
            Buffer.from(JSON.stringify({ ...told, object: each.object ?? `thing/${entries.length}`, v: 1 })),
          );
        }
      }
    },
    size: () => entries.length,
    root: (size = entries.length) => rootOf(leaves(size)),
    note: (size = entries.length) => signCheckpoint(size, log.root(size), key),
    proof(oldSize, newSize = entries.length) {
      const hashes = leaves(newSize);
      return consistencyRanges(oldSize, newSize).map(range =>
        rangeHash(range, (height, index) =>
          rootOf(hashes.slice(index * 2 ** height, (index + 1) * 2 ** height)),
        ),
      );
    },
    file: path => (path === 'checkpoint' ? Buffer.from(log.note()) : (filesOf(entries).get(path) ?? null)),
  };
  return log;
}

function filesOf(entries: readonly Buffer[]): Map<string, Buffer> {
  const edge: Edge = emptyEdge();
  const tiles: MadeTile[] = [];
  for (const entry of entries) append(edge, entry, tiles);
  const files = new Map(tiles.map(tile => [tilePath(tile), tile.bytes]));
  for (const [level, hashes] of edge.levels.entries()) {
    if (hashes.length === 0) continue;
    const n = Math.floor(edge.size / TILE_WIDTH ** (level + 1));
    files.set(tilePath({ level, n, width: hashes.length }), Buffer.concat(hashes));
  }
  const open = edge.size % TILE_WIDTH;
  if (open > 0) {
    const n = Math.floor(edge.size / TILE_WIDTH);
    files.set(
      tilePath({ level: BUNDLES, n, width: open }),
      Buffer.concat(entries.slice(n * TILE_WIDTH).map(framed)),
    );
  }
  if (!edgeRoot(edge).equals(rootOf(entries.map(leafHash)))) throw new Error('the edge and the tree differ');
  return files;
}

/** The body of an add-checkpoint request. */
export function submissionOf(oldSize: number, proof: readonly Buffer[], note: string): string {
  return `old ${oldSize}\n${proof.map(hash => `${hash.toString('base64')}\n`).join('')}\n${note}`;
}
