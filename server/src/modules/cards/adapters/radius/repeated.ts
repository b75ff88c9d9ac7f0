/** How long an answer is remembered, and how many at most (RFC 5080 §2.2.2 asks for 5 to 30 seconds). */
const KEPT_MS = 30_000;
const MOST_KEPT = 200_000;

interface Kept {
  readonly atMs: number;
  /** Null while the first of them waits for its commit. */
  answer: Buffer | null;
}

/**
 * Requests that come again while the first is under way, or shortly after it was answered: told by sender, identifier
 * and authenticator. Only an accelerator: what it forgot goes into the corridor again and is met there as a duplicate.
 */
export class RepeatedRequests {
  /** In the order in which they came. */
  private readonly kept = new Map<string, Kept>();

  /** The answer to send again; `waits` when there is none yet; `new` when it was not seen, which it now was. */
  seen(name: string, nowMs: number): Buffer | 'waits' | 'new' {
    this.forget(nowMs);
    const found = this.kept.get(name);
    if (found !== undefined) return found.answer ?? 'waits';
    this.kept.set(name, { atMs: nowMs, answer: null });
    return 'new';
  }

  answered(name: string, answer: Buffer): void {
    const found = this.kept.get(name);
    if (found !== undefined) found.answer = answer;
  }

  /** It could not be taken: the next sending of it is as new. */
  failed(name: string): void {
    this.kept.delete(name);
  }

  private forget(nowMs: number): void {
    for (const [name, { atMs }] of this.kept) {
      if (nowMs - atMs < KEPT_MS && nowMs >= atMs && this.kept.size <= MOST_KEPT) return;
      this.kept.delete(name);
    }
  }
}
