/** What the command line says of record formats and of export. */
export const formatsEn = {
  'sources.formats': 'list the record formats, and what the profile of a source must say for each',
  'column.format-needs': 'the profile must say',
  'sources.formats-none': 'The server reads no format.',
  export:
    'write a table of registrations, or the records of a card or a source, to a file that can be read again: identifiers as text',
  'export.table': 'the table: cards or records',
  'export.subject': 'records of one subject: its number, reference, ICCID, IMSI or MSISDN',
  'export.source': 'records of one source: its name or number',
  'export.of-what': 'Records are exported with --subject or with --source, other tables with neither.',
  'export.file': 'the file; a workbook when its name ends in .xlsx, else CSV',
  'export.done': '{file} is written.',
} as const;
