/** What the command line says of lists as tables. */
export const tableEn = {
  table: 'write a list of the server as CSV; what spreadsheets would take for a formula is told as text',
  'table.list': 'the list: {lists}, or another of /api/v1',
  'table.where': 'only what the filter of the list lets through, as name=value; may be repeated',
  'table.out': 'file to write; it is there only once it is whole',
  'table.done': 'Written to {file}.',
  'table.not-a-pair': '--where needs name=value, not {pair}.',
} as const;

export const tableZh = {
  table: '将服务器上的一个列表写成 CSV；电子表格会当作公式的内容按文本写出',
  'table.list': '列表：{lists}，或 /api/v1 下的其他列表',
  'table.where': '仅写出符合列表筛选条件的内容，写作 名称=值；可重复',
  'table.out': '要写入的文件；全部写完后才会出现',
  'table.done': '已写入 {file}。',
  'table.not-a-pair': '--where 需要 名称=值，而不是 {pair}。',
} as const;
