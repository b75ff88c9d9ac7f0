import { type Below, foldersBelow } from '../../../kernel/inbox/folders.ts';
import { type Claimed, type Found, Inbox } from '../../../kernel/inbox/inbox.ts';
import type { Logger } from '../../../kernel/log.ts';
import { startLoop } from '../../../kernel/loop.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import type { IntakeDoors } from '../intake.ts';
import { type Source, sourceByName } from '../store.ts';
import { stopped, takeFile } from './take-file.ts';

const LOOK_MS = 2_000;
const LIFE_MS = 15_000;
/** Folders whose files are taken at once. */
const AT_ONCE = 4;

export interface Watched {
  /** The folder of the settings. Below it lies `<party>/<source>`, made by the operator. */
  readonly root: string;
  /** Name of this server among those that watch the same folder. */
  readonly taker: string;
  /** For so long a file must not have changed before it is taken. */
  readonly quietMs: number;
  readonly intake: IntakeDoors;
  readonly log: Logger;
}

export interface Watch {
  /** Breaks off what is being read; it is taken again at the next start. */
  stop(): Promise<void>;
}

/** Watches the folders of sources until it is stopped. Nobody but the operator, on the machine, chooses a path. */
export function startWatch(watched: Watched): Watch {
  const rounds = new Rounds(watched);
  const loop = startLoop({
    name: 'watched folders',
    log: watched.log,
    restMs: LOOK_MS,
    step: () => rounds.round(),
  });
  return {
    stop: () => {
      rounds.isStopping = true;
      return loop.stop();
    },
  };
}

interface Seen {
  readonly state: string;
  readonly sinceMs: number;
}

/** Looks into every folder, round by round. */
export class Rounds {
  isStopping = false;
  readonly #watched: Watched;
  /** Of each folder its files as they were seen last, and since when unchanged. */
  readonly #seen = new Map<string, ReadonlyMap<string, Seen>>();
  /** Folders of which something was told to the log. */
  readonly #told = new Set<string>();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /**
   * One round; true when a file was taken. A file that cannot be taken now keeps no other one waiting: the first such
   * fault is thrown when the round is over, and the file is tried again in the next.
   */
  async round(): Promise<boolean> {
    const folders = await foldersBelow(this.#watched.root);
    const faults: unknown[] = [];
    let taken = 0;
    const next = async (): Promise<void> => {
      for (let each = folders.shift(); each !== undefined && !this.isStopping; each = folders.shift())
        taken += await this.#look(each, faults).catch(fault => {
          faults.push(fault);
          return 0;
        });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    const fault = faults.find(each => !(isRefusal(each) && each.code === 'watch-stopped'));
    if (fault !== undefined && !this.isStopping) throw fault;
    return taken > 0;
  }

  async #look(below: Below, faults: unknown[]): Promise<number> {
    const source = await this.#sourceOf(below);
    if (source === undefined) return 0;
    const inbox = new Inbox(below.path, this.#watched.taker);
    await inbox.open();
    let taken = 0;
    const take = async (file: Claimed): Promise<void> => {
      if (this.isStopping) return;
      await this.#take(source, inbox, file).then(
        () => {
          taken += 1;
        },
        fault => {
          faults.push(fault);
        },
      );
    };
    for (const file of await inbox.unsettled()) await take(file);
    const { files, others } = await inbox.look();
    if (others > 0) this.#tell(below, 'others', 'only regular files with one name are taken');
    for (const found of this.#quiet(below, files)) {
      const file = this.isStopping ? null : await inbox.claim(found);
      if (file !== null) await take(file);
    }
    return taken;
  }

  async #take(source: Source, inbox: Inbox, file: Claimed): Promise<void> {
    const { intake } = this.#watched;
    let shownAtMs = intake.clock.now();
    const onPiece = (): void => {
      if (this.isStopping) throw stopped();
      const nowMs = intake.clock.now();
      if (Math.abs(nowMs - shownAtMs) < LIFE_MS) return;
      shownAtMs = nowMs;
      inbox.showLife().catch(() => undefined);
    };
    await takeFile({ intake, onPiece }, source, inbox, file);
  }

  /** Files that have not changed for a while. A clock that was set back begins the while anew. */
  #quiet(below: Below, files: readonly Found[]): Found[] {
    const nowMs = this.#watched.intake.clock.now();
    const before = this.#seen.get(below.path) ?? new Map<string, Seen>();
    const seen = new Map<string, Seen>();
    const quiet: Found[] = [];
    for (const file of files) {
      const name = file.raw.toString('base64');
      const known = before.get(name);
      const isSame = known?.state === file.state && known.sinceMs <= nowMs;
      const sinceMs = isSame ? known.sinceMs : nowMs;
      seen.set(name, { state: file.state, sinceMs });
      if (isSame && nowMs - sinceMs >= this.#watched.quietMs) quiet.push(file);
    }
    this.#seen.set(below.path, seen);
    return quiet;
  }

  async #sourceOf(below: Below): Promise<Source | undefined> {
    if (!/^[1-9]\d{0,14}$/.test(below.outer)) {
      this.#tell(below, 'party', 'a watched folder is called <number of the party>/<name of the source>');
      return undefined;
    }
    const partyId = Number(below.outer);
    const source = await this.#watched.intake.database.door(partyId, tx => sourceByName(tx, below.inner));
    if (source?.partyId === partyId) return source;
    this.#tell(below, 'source', 'there is no source of this party for a watched folder');
    return undefined;
  }

  #tell({ outer, inner, path }: Below, what: string, text: string): void {
    const name = `${what} ${path}`;
    if (this.#told.has(name)) return;
    this.#told.add(name);
    this.#watched.log.warn({ folder: `${outer}/${inner}` }, text);
  }
}
