/** Types of device that the shipped list of invented models knows. */
export const MODELS = {
  handset: '00990001',
  module: '00990011',
  tablet: '00990021',
  router: '00990031',
} as const;

/** A type that no list of device models knows: invented, in a range that names nothing. */
export function unknownTac(index: number, n: number): string {
  return `8699${String(10 + (Math.floor(index / 1_000_000) % 90))}0${n}`;
}

/** 16 digits: the type, a serial number and the software version. */
export function imeisvOf(tac: string, index: number, svn = '01'): string {
  return `${tac}${String(index % 1_000_000).padStart(6, '0')}${svn}`;
}

/** The key of a device: the first 14 digits. */
export function deviceKey(imeisv: string): string {
  return imeisv.slice(0, 14);
}
