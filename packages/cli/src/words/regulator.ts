/** Words for the export to a supervising authority. */
export const regulatorEn = {
  regulator: 'the four data sets for a supervising authority',
  'regulator.export': 'write the data sets of a period that is over as one archive; personal data is masked',
  'regulator.file': 'file of the archive (.zip)',
  'regulator.from': 'beginning of the period, with its offset: 2026-10-01T00:00:00+08:00',
  'regulator.to': 'end of the period, no longer in it',
  'regulator.set': 'only these sets: account-opening network-retained monitoring-results security-posture',
  'regulator.format': 'format of the files',
  'regulator.zone': 'time zone that moments are written in; that of the table of elements otherwise',
  'regulator.purpose':
    'write personal data in the clear, for this purpose: authority-request or report-to-authority',
  'regulator.ground':
    'legal ground of writing it in the clear: law, clause, number of the request; enters the ledger',
  'regulator.both': 'Give --purpose and --ground together, or neither.',
  'regulator.check': 'read an archive back by its table of elements and its manifest; needs no server',
  'regulator.checked': '{files} files, {rows} rows by {elements}; SHA-256 of the manifest {sha256}',
  'regulator.done':
    '{file} is written: {files} files, {rows} rows by {elements}; SHA-256 of the manifest {sha256}',
  'regulator.faulty': 'The archive is not what its manifest and its table of elements say: {n} faults.',
  'regulator.no-archive': '{file} is no whole export.',
} as const;

export const regulatorZh = {
  regulator: '报送监管机构的四类数据集',
  'regulator.export': '将已结束时段的数据集写成一个归档；个人信息作掩码处理',
  'regulator.file': '归档文件（.zip）',
  'regulator.from': '时段起点，须带时差：2026-10-01T00:00:00+08:00',
  'regulator.to': '时段终点（不含）',
  'regulator.set': '仅导出这些数据集：account-opening network-retained monitoring-results security-posture',
  'regulator.format': '文件格式',
  'regulator.zone': '书写时间所用的时区；默认为要素表的时区',
  'regulator.purpose': '以明文写出个人信息，须注明目的：authority-request 或 report-to-authority',
  'regulator.ground': '明文写出的法律依据：法律、条款、函件编号；将记入账本',
  'regulator.both': '--purpose 与 --ground 须同时给出或均不给出。',
  'regulator.check': '按要素表和清单读回归档；无需服务器',
  'regulator.checked': '共 {files} 个文件、{rows} 行，要素表 {elements}；清单 SHA-256 为 {sha256}',
  'regulator.done': '已写入 {file}：{files} 个文件、{rows} 行，要素表 {elements}；清单 SHA-256 为 {sha256}',
  'regulator.faulty': '归档与其清单和要素表不符：{n} 处。',
  'regulator.no-archive': '{file} 不是完整的导出归档。',
} as const;
