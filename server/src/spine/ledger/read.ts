import type { Database, Tx } from '../../kernel/database/transaction.ts';
import { type OpenedSalt, openSalts } from '../../kernel/seal/store.ts';
import { type PublishedCheckpoint, readCheckpointFile } from './checkpoint-file.ts';
import { inclusionProof } from './nodes.ts';
import { type NoteSigner, type NoteVerifier, vkeyOf } from './note.ts';
import { proofText } from './proof.ts';
import { entriesByObject, readTile, type StoredEntry } from './store.ts';
import { parseTilePath, widthAt } from './tiles.ts';

/**
 * `staged`: certain to enter; `sequenced`: has its number; `checkpointed`: under a published checkpoint, provable;
 * `cosigned`: under one that a quorum of witnesses cosigned.
 */
export type EntryState = 'staged' | 'sequenced' | 'checkpointed' | 'cosigned';

export interface ObjectEntry extends StoredEntry {
  readonly state: EntryState;
}

/** An entry with what a stranger needs to check it offline. */
export interface ProvenEntry {
  readonly index: number | null;
  readonly state: EntryState;
  readonly act: string;
  /** The entry's bytes in base64. */
  readonly entry: string;
  /** The `.tlog-proof` text; null until a published checkpoint covers the entry. */
  readonly proof: string | null;
}

export interface ObjectProofs {
  readonly items: readonly ProvenEntry[];
  /** What opens the commitments in these entries, save what was shredded; salts in hex. */
  readonly salts: ReadonlyArray<{ readonly name: string; readonly salt: string }>;
}

export interface LedgerReader {
  /** The verifier key of the log, as a policy file takes it. */
  verifierKey(): string;
  /** That of the key which is to follow and signs beside it already; null when there is none. */
  nextVerifierKey(): string | null;
  /** The last published checkpoint as it was signed, with the cosignatures it has by now; null before the first. */
  checkpoint(): Promise<string | null>;
  /** The newest checkpoint that a quorum of witnesses cosigned; null before the first. */
  cosignedCheckpoint(): Promise<string | null>;
  /** A tile or bundle by its C2SP path below `tile/`, e.g. `0/000`; null when no published checkpoint implies it. */
  tile(path: string): Promise<Buffer | null>;
  /**
   * The `.tlog-proof` of an entry against the newest cosigned checkpoint, or the last published one where that does
   * not reach; null when neither covers it yet.
   */
  proofFor(index: number): Promise<string | null>;
  /** The entries of an object that the transaction's party may see, oldest first, the staged ones last. */
  entriesOf(tx: Tx, object: string): Promise<ObjectEntry[]>;
  /** The same entries with their proofs, and the salts that open them. */
  proofs(tx: Tx, object: string): Promise<ObjectProofs>;
}

/** Tiles and checkpoints are public: whoever reads them speaks for no party. */
const NOBODY = 0;

/** Reads the log as it was published: nothing is shown that the checkpoint file does not cover. */
export function ledgerReader(options: {
  readonly database: Database;
  readonly key: NoteVerifier & Pick<NoteSigner, 'also'>;
  readonly checkpointFile: string;
  /** Where cosigning keeps the newest cosigned checkpoint; absent where nobody is asked. */
  readonly cosignedFile?: string;
}): LedgerReader {
  const published = () => readCheckpointFile(options.checkpointFile, options.key);
  const cosigned = async () =>
    options.cosignedFile === undefined ? null : readCheckpointFile(options.cosignedFile, options.key);

  async function shown(): Promise<Shown> {
    return { published: await published(), cosigned: await cosigned() };
  }

  return {
    verifierKey: () => vkeyOf(options.key),
    nextVerifierKey: () => {
      const { name, also } = options.key;
      return also === undefined ? null : vkeyOf({ ...also, name });
    },
    async checkpoint() {
      const now = await shown();
      if (now.published === null) return null;
      // Of one size and root there is one text: the cosigned note is the published one with more lines.
      const isSame =
        now.cosigned?.size === now.published.size && now.cosigned.root.equals(now.published.root);
      return isSame ? (now.cosigned?.note ?? null) : now.published.note;
    },
    cosignedCheckpoint: async () => (await cosigned())?.note ?? null,
    async tile(path) {
      const tile = parseTilePath(`tile/${path}`);
      const checkpoint = tile === null ? null : await published();
      if (tile === null || checkpoint === null) return null;
      if (tile.width > widthAt(tile.level, tile.n, checkpoint.size)) return null;
      return options.database.door(NOBODY, tx => readTile(tx, tile));
    },
    async proofFor(index) {
      const now = await shown();
      const checkpoint = coveringBest(now, index);
      if (checkpoint === null) return null;
      return options.database.door(NOBODY, tx => proofUnder(tx, index, checkpoint));
    },
    async entriesOf(tx, object) {
      const now = await shown();
      return (await entriesByObject(tx, object)).map(entry => ({
        ...entry,
        state: stateOf(entry.index, now),
      }));
    },
    async proofs(tx, object) {
      const now = await shown();
      const items: ProvenEntry[] = [];
      for (const { index, act, entry } of await entriesByObject(tx, object)) {
        const checkpoint = index === null ? null : coveringBest(now, index);
        const isProvable = checkpoint !== null && index !== null;
        const proof = isProvable ? await proofUnder(tx, index, checkpoint) : null;
        items.push({ index, state: stateOf(index, now), act, entry: entry.toString('base64'), proof });
      }
      return { items, salts: (await openSalts(tx, object)).map(inHex) };
    },
  };
}

interface Shown {
  readonly published: PublishedCheckpoint | null;
  readonly cosigned: PublishedCheckpoint | null;
}

/** A cosigned checkpoint proves more than a newer one that only the log signed. */
function coveringBest({ published, cosigned }: Shown, index: number): PublishedCheckpoint | null {
  if (cosigned !== null && index < cosigned.size) return cosigned;
  return published !== null && index < published.size ? published : null;
}

async function proofUnder(
  tx: Tx,
  index: number,
  checkpoint: { size: number; note: string },
): Promise<string> {
  const hashes = await inclusionProof(tx, index, checkpoint.size);
  return proofText({ index, hashes, checkpoint: checkpoint.note });
}

function stateOf(index: number | null, { published, cosigned }: Shown): EntryState {
  if (index === null) return 'staged';
  if (index < (cosigned?.size ?? 0)) return 'cosigned';
  return index < (published?.size ?? 0) ? 'checkpointed' : 'sequenced';
}

function inHex(opened: OpenedSalt): { name: string; salt: string } {
  return { name: opened.name, salt: opened.salt.toString('hex') };
}
