/** 命令行关于记录格式与导出的用语。 */
export const formatsZh = {
  'sources.formats': '列出记录格式，以及每种格式要求数据源声明的内容',
  'column.format-needs': '声明中必须写明',
  'sources.formats-none': '服务器不读任何格式。',
  export: '把登记表，或一张卡、一个数据源的记录写入文件，可原样再次读入：各种编号均为文本',
  'export.table': '表名：cards 或 records',
  'export.subject': '一个对象的记录：其编号、标识、ICCID、IMSI 或 MSISDN',
  'export.source': '一个数据源的记录：其名称或编号',
  'export.of-what': '导出记录须给出 --subject 或 --source 之一，导出其他表时两者都不给。',
  'export.file': '文件；名称以 .xlsx 结尾时为工作簿，否则为 CSV',
  'export.done': '已写入 {file}。',
} as const;
