/** A card of a stand-in: the carrier's own name for it and its own word for its state. */
export interface Card {
  readonly no: number;
  readonly iccid: string;
  word: string;
  changedMs: number;
}

/** The cards of a stand-in's account and the changes that are under way. */
export class Book {
  readonly cards: Card[] = [];
  private readonly under: { card: Card; word: string; atMs: number }[] = [];

  find(iccid: string): Card | undefined {
    return this.cards.find(card => card.iccid === iccid);
  }

  set(iccid: string, word: string): void {
    const known = this.find(iccid);
    if (known === undefined)
      this.cards.push({ no: 5_000 + this.cards.length, iccid, word, changedMs: Date.now() });
    else Object.assign(known, { word, changedMs: Date.now() });
  }

  change(card: Card, word: string, delayMs: number): void {
    this.under.push({ card, word, atMs: Date.now() + delayMs });
    this.settle(Date.now());
  }

  settle(nowMs: number): void {
    for (const change of this.under.splice(0)) {
      if (change.atMs > nowMs) this.under.push(change);
      else Object.assign(change.card, { word: change.word, changedMs: nowMs });
    }
  }
}
