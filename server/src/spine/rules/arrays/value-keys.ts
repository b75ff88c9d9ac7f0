import { keyUnder, valueUnder } from '../field-key.ts';
import { longer, type TextNumbers } from './texts.ts';

/** A table is spread when more than four of five places are taken. */
const FULL = 0.8;
/** Stands for a key that names no party. */
export const NO_PARTY = -1;

/**
 * The keys of a rule keyed by a field, by slot from 1: of each the number of its value's text, and whose
 * subjects meet under it. The key as text is made when it is asked for.
 */
export class ValueKeys {
  /** The highest slot given; 0 when there is none. */
  size = 0;
  readonly field: string;
  readonly #texts: TextNumbers;
  /** By slot, the number of the value's text. */
  #values = new Int32Array(64);
  /** By slot, the place of the party in the list of those met. */
  #parties: Uint16Array | Int32Array = new Uint16Array(64);
  /** Slots by the hash of their value and party; 0 where none lies. */
  #table = new Int32Array(64);
  readonly #met: number[] = [];
  readonly #placesOfParties = new Map<number, number>();

  constructor(field: string, texts: TextNumbers) {
    this.field = field;
    this.#texts = texts;
  }

  /** The slot of a key as text, which names a party when `hasParty`; gives a new key its slot. */
  idOf(key: string, hasParty: boolean): number {
    const { value, partyId } = valueUnder(this.field, key, hasParty);
    return this.idOfValue(this.#texts.idOf(value), partyId ?? NO_PARTY);
  }

  /** The slot of the key under the value of that number; gives a new key its slot. */
  idOfValue(value: number, partyId: number): number {
    const party = this.#placesOfParties.get(partyId) ?? this.#meet(partyId);
    const table = this.#table;
    for (let at = placeOf(value, party, table.length); ; ) {
      const slot = table[at] as number;
      if (slot === 0) return this.#add(value, party, at);
      if (this.#values[slot] === value && this.#parties[slot] === party) return slot;
      at = at + 1 === table.length ? 0 : at + 1;
    }
  }

  textOf(slot: number): string {
    const partyId = this.partyOf(slot);
    const value = this.#texts.textOf(this.valueOf(slot)) as string;
    return keyUnder(this.field, value, partyId === NO_PARTY ? undefined : partyId);
  }

  /** The number of the value's text. */
  valueOf(slot: number): number {
    return this.#values[slot] as number;
  }

  partyOf(slot: number): number {
    return this.#met[this.#parties[slot] as number] as number;
  }

  get sizeBytes(): number {
    return this.#values.byteLength + this.#parties.byteLength + this.#table.byteLength;
  }

  #meet(partyId: number): number {
    const party = this.#met.push(partyId) - 1;
    this.#placesOfParties.set(partyId, party);
    if (party === 0x1_0000) this.#parties = Int32Array.from(this.#parties);
    return party;
  }

  #add(value: number, party: number, at: number): number {
    const slot = this.size + 1;
    if (slot >= this.#values.length) {
      this.#values = longer(this.#values, Int32Array, slot + 1);
      const kind = this.#parties instanceof Uint16Array ? Uint16Array : Int32Array;
      const parties = new kind(this.#values.length);
      parties.set(this.#parties);
      this.#parties = parties;
    }
    this.#values[slot] = value;
    this.#parties[slot] = party;
    this.#table[at] = slot;
    this.size = slot;
    if (slot > this.#table.length * FULL) this.#spread();
    return slot;
  }

  /** Into a table half as long again, of a long one a quarter. */
  #spread(): void {
    const { length } = this.#table;
    const table = new Int32Array(length + (length < 65_536 ? length >> 1 : length >> 2));
    for (let slot = 1; slot <= this.size; slot += 1) {
      let at = placeOf(this.#values[slot] as number, this.#parties[slot] as number, table.length);
      while (table[at] !== 0) at = at + 1 === table.length ? 0 : at + 1;
      table[at] = slot;
    }
    this.#table = table;
  }
}

/** The place of a value and a party among `places`, by the highest bits of their hash. */
function placeOf(value: number, party: number, places: number): number {
  const mixed = Math.imul(value ^ Math.imul(party, 0x85ebca6b), 0x9e3779b1);
  return (((mixed ^ (mixed >>> 15)) >>> 0) * places * 2.3283064365386963e-10) | 0;
}
