/** Radio access by number (3GPP TS 29.061 §16.4.7.2, attribute 21; the same numbers in TS 32.298). */
const NAMES: Readonly<Record<number, string>> = {
  1: 'UTRAN',
  2: 'GERAN',
  3: 'WLAN',
  4: 'GAN',
  5: 'HSPA+',
  6: 'EUTRAN',
  7: 'VIRTUAL',
  8: 'NB-IoT',
  9: 'LTE-M',
  51: 'NR',
  52: 'NR-U',
  53: 'TRUSTED-N3GA',
  54: 'TRUSTED-WLAN',
  55: 'WIRELINE',
  56: 'WIRELINE-CABLE',
  57: 'WIRELINE-BBF',
};

/** The name of a radio access; a number not listed is kept as it is (C-23). */
export function ratName(text: string): string {
  const number = /^0x[0-9a-fA-F]{1,2}$|^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return NAMES[number] ?? text;
}
