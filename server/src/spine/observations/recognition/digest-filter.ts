/** Slots of the first pane and of the largest. */
const FIRST_SLOTS = 1 << 12;
const MOST_SLOTS = 1 << 22;
/** A pane fuller than this gives way to a new one. */
const MOST_LOAD = 0.7;

interface Pane {
  readonly slots: Uint32Array;
  count: number;
  /** Receipt of its newest digest: the pane is dropped whole when that has left the window. */
  newestMs: number;
}

/**
 * Which digests have been met, in 4 to 23 bytes for each: 32 bits of a digest lie in a slot that other bits of
 * it choose. Never says no to one that was added; says yes to another about once in 2^31 times for each pane.
 */
export class DigestFilter {
  private panes: Pane[] = [];
  /** Bytes that its panes occupy. */
  bytes = 0;

  /** Adds the digest whose first eight bytes or more lie at `at`; one that is there already changes nothing. */
  add(bytes: Buffer, at: number, receivedAtMs: number): void {
    if (this.mayHold(bytes, at)) {
      // Met again in a later receipt, it must stay as long as that one; the newest pane takes it once more.
      const newest = this.panes[this.panes.length - 1] as Pane;
      if (isIn(newest, bytes, at)) {
        newest.newestMs = Math.max(newest.newestMs, receivedAtMs);
        return;
      }
    }
    let pane = this.panes[this.panes.length - 1];
    if (pane === undefined || pane.count > pane.slots.length * MOST_LOAD) pane = this.open();
    pane.newestMs = Math.max(pane.newestMs, receivedAtMs);
    pane.count += 1;
    pane.slots[slotOf(pane, bytes, at)] = markOf(bytes, at);
  }

  mayHold(bytes: Buffer, at = 0): boolean {
    for (let i = this.panes.length - 1; i >= 0; i--) if (isIn(this.panes[i] as Pane, bytes, at)) return true;
    return false;
  }

  /** Lets go of panes that hold nothing received at `sinceMs` or later. */
  forgetBefore(sinceMs: number): void {
    this.panes = this.panes.filter(pane => pane.newestMs >= sinceMs);
    this.bytes = this.panes.reduce((sum, pane) => sum + pane.slots.byteLength, 0);
  }

  private open(): Pane {
    const before = this.panes[this.panes.length - 1]?.slots.length;
    const size = before === undefined ? FIRST_SLOTS : Math.min(before * 4, MOST_SLOTS);
    const pane = { slots: new Uint32Array(size), count: 0, newestMs: Number.NEGATIVE_INFINITY };
    this.panes.push(pane);
    this.bytes += pane.slots.byteLength;
    return pane;
  }
}

function isIn(pane: Pane, bytes: Buffer, at: number): boolean {
  return pane.slots[slotOf(pane, bytes, at)] !== 0;
}

/** The slot that holds the digest, or the free one where it belongs. */
function slotOf(pane: Pane, bytes: Buffer, at: number): number {
  const mask = pane.slots.length - 1;
  const mark = markOf(bytes, at);
  let slot = bytes.readUInt32BE(at + 4) & mask;
  while (pane.slots[slot] !== 0 && pane.slots[slot] !== mark) slot = (slot + 1) & mask;
  return slot;
}

/** Zero means a free slot. */
function markOf(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) || 1;
}
