/** 命令行关于记录格式与导出的用语。 */
export const formatsZh = {
  'sources.formats': '列出记录格式，以及每种格式要求数据源声明的内容',
  'column.format-needs': '声明中必须写明',
  'sources.formats-none': '服务器不读任何格式。',
  export: '把登记表写入文件，可原样再次导入：各种编号均为文本',
  'export.table': '表名：cards',
  'export.file': '文件；名称以 .xlsx 结尾时为工作簿，否则为 CSV',
  'export.done': '已写入 {file}。',
} as const;
