import { Refusal } from '../../kernel/refusal.ts';
import type { GatheringCode } from './gathered/gathering.ts';

/** Uploads under way, of all parties and of any one: each holds a chunk in memory while it waits for its turn. */
const MOST = 32;
const MOST_OF_PARTY = 8;
const RETRY_AFTER_S = 5;

/** Places for uploads that are read at once; whoever finds none is refused before anything is read (E-05). */
export class UploadPlaces {
  private readonly taken = new Map<number, number>();
  private total = 0;
  private refusedCount = 0;

  get state(): { readonly underWay: number; readonly refused: number } {
    return { underWay: this.total, refused: this.refusedCount };
  }

  /** Takes a place; the answer gives it back, once. Refuses `intake-full`. */
  take(partyId: number): () => void {
    const own = this.taken.get(partyId) ?? 0;
    if (own >= MOST_OF_PARTY || this.total >= MOST) {
      this.refusedCount += 1;
      throw new Refusal<GatheringCode>('intake-full', {
        detail: { whose: own >= MOST_OF_PARTY ? 'party' : 'all', retryAfterS: RETRY_AFTER_S },
      });
    }
    this.taken.set(partyId, own + 1);
    this.total += 1;
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      this.total -= 1;
      const left = (this.taken.get(partyId) ?? 1) - 1;
      if (left === 0) this.taken.delete(partyId);
      else this.taken.set(partyId, left);
    };
  }
}

/** The places of this process. */
export const uploadPlaces = new UploadPlaces();
