/** Readers of single settings; each tells what is wrong with one by its name and goes on. */

export type Environment = Readonly<Record<string, string | undefined>>;

export function wholeNumber(
  name: string,
  value: string | undefined,
  otherwise: number,
  least: number,
  most: number,
  faults: string[],
): number {
  if (value === undefined || value === '') return otherwise;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  faults.push(
    `${name}: "${value}" is no whole number from ${least} to ${most} 须为 ${least} 至 ${most} 的整数`,
  );
  return otherwise;
}

export function oneOf<const T extends readonly string[]>(
  name: string,
  value: string | undefined,
  choices: T,
  faults: string[],
): T[number] {
  if (value === undefined || value === '') return choices[0]!;
  if (choices.includes(value)) return value;
  faults.push(`${name}: "${value}" is none of 不在可选值中：${choices.join(', ')}`);
  return choices[0]!;
}
