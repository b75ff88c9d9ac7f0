import { headingsEn, headingsZh } from './headings.ts';

/** Words of contracts, resellers, and responsibility. */
export const saleEn = {
  ...headingsEn,
  contracts: 'contracts for cards: draft, sign, amend, end',
  openings: 'functions opened beyond the least, each by a second person, until an end',
  bindings: 'which device a card is bound to, and declared changes of device',
  resellers: 'who sells cards on: returns, and what differs from the network',
  responsible: 'the chain of those who answer for cards',
  duties: 'duties of the chain: owner, due date, proof, gaps',
  inspections: 'yearly inspections of cards drawn at random',
  penalties: 'penalties and limits in force',
  'sale.id': 'number',
  'sale.file':
    'JSON file with what the server is sent; see docs/operating/card-sale.md and responsibility.md',
  'sale.list': 'list',
  'sale.show': 'show one',
  'sale.add': 'add what the file says',
  'sale.do': 'do it; a file says how where the server wants more',
  'sale.none': 'There is nothing.',
} as const;

export const saleZh: Readonly<Record<keyof typeof saleEn, string>> = {
  ...headingsZh,
  contracts: '物联网卡合同：起草、签署、变更、终止',
  openings: '在最小功能之外的开通，须由第二人审批并有截止时间',
  bindings: '卡所绑定的设备，以及换机申报',
  resellers: '代理商：报送及其与网络实际的差异',
  responsible: '物联网卡责任链',
  duties: '责任链职责：责任人、期限、证明、缺口',
  inspections: '随机抽样的年度复核',
  penalties: '现行处罚与限额',
  'sale.id': '编号',
  'sale.file': '提交给服务器的 JSON 文件；见 docs/operating/card-sale.md 与 responsibility.md',
  'sale.list': '列表',
  'sale.show': '查看一项',
  'sale.add': '按文件新增',
  'sale.do': '执行；服务器需要更多内容时用文件说明',
  'sale.none': '没有内容。',
};
