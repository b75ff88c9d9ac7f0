/** Which decoder that nobody here wrote reads the records of a format too, and in which script of this folder's parent. */
export const DECODED: Readonly<Record<string, string>> = {
  tap3: 'OpenSSL asn1parse (decoders.ts); reference XML (tap3.test.ts)',
  'pgw-cdr': 'tshark (gateway-records.ts)',
  'freeradius-detail': 'FreeRADIUS SQL accounting (freeradius.ts); pyrad, tshark (radius-live.ts)',
  'osmo-sgsn': 'the header of Debian’s osmo-sgsn (decoders.ts)',
  'generic-csv': 'Python csv under gb18030 (decoders.ts)',
  'record-table': 'openpyxl, xlrd (decoders.ts)',
};
