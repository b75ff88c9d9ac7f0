/** 命令行关于记录格式与导出的用语。 */
export const formatsZh = {
  'sources.formats': '列出记录格式，以及每种格式要求数据源声明的内容',
  'column.format-needs': '声明中必须写明',
  'sources.formats-none': '服务器不读任何格式。',
} as const;
