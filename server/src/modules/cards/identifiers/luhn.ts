/** Outcome of a check digit: a flag, never a reason to refuse (C-12, CR-06). */
export type CheckDigit = 'ok' | 'bad' | 'not-applicable';

/** The Luhn check digit of a string of decimal digits (ISO/IEC 7812-1 annex B), as one digit. */
export function luhnDigit(digits: string): string {
  return String((10 - (luhnSum(`${digits}0`) % 10)) % 10);
}

/** Whether the last digit is the Luhn digit of those before it; `not-applicable` when there are letters. */
export function luhnCheck(digits: string): CheckDigit {
  if (!/^\d{2,}$/.test(digits)) return 'not-applicable';
  return luhnSum(digits) % 10 === 0 ? 'ok' : 'bad';
}

function luhnSum(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum;
}
