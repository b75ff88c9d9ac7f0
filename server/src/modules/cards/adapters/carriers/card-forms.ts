import { luhnDigit } from '../../identifiers/luhn.ts';

/**
 * What a carrier may hold a card as. Cards are compared without the check digit at the 20th place (CR-04), carriers
 * hold either form; the longer comes first, which is what cards are printed with.
 */
export function cardForms(reference: string): readonly string[] {
  return /^\d{19}$/.test(reference) ? [`${reference}${luhnDigit(reference)}`, reference] : [reference];
}
