/** What the command line says of record formats and of export. */
export const formatsEn = {
  'sources.formats': 'list the record formats, and what the profile of a source must say for each',
  'column.format-needs': 'the profile must say',
  'sources.formats-none': 'The server reads no format.',
  export: 'write a table of registrations to a file, as it is imported again: identifiers as text',
  'export.table': 'the table: cards',
  'export.file': 'the file; a workbook when its name ends in .xlsx, else CSV',
  'export.done': '{file} is written.',
} as const;
