import { Type } from 'typebox';

/**
 * Whole numbers of a request are those that a double holds exactly and the database's 64 bits hold at all: what lies
 * beyond is refused with its place, not by the database.
 */
const EXACT = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

/** A whole number, possibly below zero. */
export const Whole = Type.Integer(EXACT);

/** The number of a thing: 1 or more. */
export const Numeral = Type.Integer({ ...EXACT, minimum: 1 });
