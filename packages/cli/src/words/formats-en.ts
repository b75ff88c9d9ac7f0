/** What the command line says of record formats and of export. */
export const formatsEn = {
  'sources.formats': 'list the record formats, and what the profile of a source must say for each',
  'column.format-needs': 'the profile must say',
  'sources.formats-none': 'The server reads no format.',
} as const;
