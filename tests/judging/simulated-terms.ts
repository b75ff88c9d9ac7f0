import { readFileSync } from 'node:fs';
import { type Plan, type Register, registersOf, type SimulatedCard } from '@thingward/simulator';
import { cards as cardsModule } from '../../server/src/modules/cards/module.ts';
import type { Contribution, DatedFact, Terms } from '../../server/src/spine/contribution.ts';
import type { Registration } from '../../server/src/spine/registry/registration.ts';
import type { Stretch } from '../../server/src/spine/rules/arrays/bound-lanes.ts';
import { type TermsInForce, termsOf } from '../../server/src/spine/terms-in-force.ts';

/** Cards whose terms are kept ready; of the others they are worked out again. */
const MOST_AT_HAND = 50_000;

const shelf = (name: string): string =>
  readFileSync(new URL(`../../content/catalogues/${name}`, import.meta.url), 'utf8');

/** The room of cards with the catalogues that ship. */
export const shippedCards: Contribution = cardsModule({
  cardClasses: new Map([['cards.yaml', shelf('card-classes/cards.yaml')]]),
  deviceModels: new Map([['invented.csv', shelf('device-models/invented.csv')]]),
});

/**
 * The terms in force for the cards of a fleet, by the way the server goes: rows through the imports, the facts they
 * register of a card, its contract and its pool, and what is usual for its class under them.
 */
export class SimulatedTerms {
  readonly #facts = new Map<string, DatedFact[]>();
  /** Subjects a card is linked to, by its reference. */
  readonly #links = new Map<string, string[]>();
  readonly #same = new Map<string, Terms>();
  readonly #stretches = new Map<string, (Stretch & { readonly fromMs: number })[]>();

  constructor(plan: Plan, cards: readonly SimulatedCard[]) {
    for (const register of registersOf(plan, cards)) this.#take(register);
  }

  /** By the card's claim. The same object while the terms are the same. */
  stretchAt(claim: string, atMs: number): Stretch {
    if (this.#stretches.size > MOST_AT_HAND) this.#stretches.clear();
    const known = this.#stretches.get(claim) ?? [];
    const found = known.find(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
    if (found !== undefined) return found;
    const terms = this.#termsOf(claim);
    const fromMs = terms.edges.findLast(edge => edge <= atMs) ?? Number.NEGATIVE_INFINITY;
    const untilMs = terms.edges.find(edge => edge > atMs) ?? Number.POSITIVE_INFINITY;
    const stretch = { fromMs, untilMs, terms: this.#shared(terms.at(atMs)) };
    known.push(stretch);
    this.#stretches.set(claim, known);
    return stretch;
  }

  #termsOf(claim: string): TermsInForce {
    const card = `card/${claim.slice('iccid:'.length)}`;
    const linked = (this.#links.get(card) ?? []).flatMap(subject =>
      (this.#facts.get(subject) ?? []).map(fact => ({ ...fact, distance: 1 })),
    );
    const facts = [...(this.#facts.get(card) ?? []), ...linked];
    return termsOf([shippedCards], { kind: 'card', facts });
  }

  #shared(terms: Terms): Terms {
    const text = JSON.stringify(terms);
    const known = this.#same.get(text);
    if (known !== undefined) return known;
    this.#same.set(text, terms);
    return terms;
  }

  #take({ table, row }: Register): void {
    const kind = shippedCards.imports.find(each => each.name === table);
    const read = kind?.row(row, table);
    if (read === undefined || 'refused' in read)
      throw new Error(`the table ${table} is not taken: ${JSON.stringify(read)} ${JSON.stringify(row)}`);
    for (const registration of read.registrations) this.#register(registration);
  }

  #register(registration: Registration): void {
    if (registration.do === 'fact') {
      const { kind, reference, factKind, body, fromMs, toMs } = registration;
      push(this.#facts, `${kind}/${reference}`, {
        kind: factKind,
        fromMs: fromMs ?? Number.NEGATIVE_INFINITY,
        toMs: toMs ?? Number.POSITIVE_INFINITY,
        body,
        distance: 0,
        linkKind: null,
      });
    } else if (registration.do === 'link') {
      const { from, to } = registration;
      push(this.#links, `${from.kind}/${from.reference}`, `${to.kind}/${to.reference}`);
    }
  }
}

function push<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const known = lists.get(name);
  if (known === undefined) lists.set(name, [item]);
  else known.push(item);
}
