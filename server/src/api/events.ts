/** One announcement: that something changed, never what it says; whoever cares fetches it with their own rights. */
export interface Announcement {
  /** `finding`, `case`, `measure`, `batch`, `import`, `rule`, `source`, `party`. */
  readonly topic: string;
  /** `case/3` */
  readonly object: string;
  readonly partyId: number;
}

export interface Announcer {
  /** Tells the listeners of the party and of those above it; never waits, never throws. */
  announce(announcement: Announcement): void;
}

export interface Numbered extends Announcement {
  readonly id: string;
}

/** A listener; `offer` returns false when it can't take more and is to be dropped. */
export interface Listener {
  offer(announcement: Numbered): boolean;
  drop(): void;
}

export interface EventHub extends Announcer {
  /** Adds a listener; returns how to remove it, or null when there are too many. */
  listen(listener: Listener): (() => void) | null;
  /**
   * What was announced after the given id, oldest first; null when the id is unknown or too old (the
   * listener then has to reload everything).
   */
  since(id: string): readonly Numbered[] | null;
  /** Id of the newest announcement, to start from. */
  last(): string;
  listeners(): number;
  close(): void;
}

/**
 * A hub in memory. Ids are `<run>-<number>`, so that an id of an earlier run of the server is recognised as
 * unknown. Memory is bounded by `keep` announcements and `most` listeners.
 */
export function openEventHub(run: string, keep = 1_000, most = 500): EventHub {
  const ring: Numbered[] = [];
  const listeners = new Set<Listener>();
  let count = 0;

  function announce(announcement: Announcement): void {
    count += 1;
    const numbered = { ...announcement, id: `${run}-${count}` };
    ring.push(numbered);
    if (ring.length > keep) ring.shift();
    for (const listener of [...listeners]) {
      if (listener.offer(numbered)) continue;
      listeners.delete(listener);
      listener.drop();
    }
  }

  return {
    announce,
    listen(listener) {
      if (listeners.size >= most) return null;
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    since(id) {
      const [, ofRun, digits] = /^(.+)-(\d{1,15})$/.exec(id) ?? [];
      const after = Number(digits);
      const oldestKept = count - ring.length;
      if (ofRun !== run || !Number.isSafeInteger(after) || after > count || after < oldestKept) return null;
      return ring.slice(after - oldestKept);
    },
    last: () => `${run}-${count}`,
    listeners: () => listeners.size,
    close() {
      for (const listener of listeners) listener.drop();
      listeners.clear();
    },
  };
}
