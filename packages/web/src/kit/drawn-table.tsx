import { Table } from 'antd';
import type { DataTableOf } from './data-table.tsx';

export default function DrawnTable({ columns, rows, keyOf, caption }: DataTableOf<object>) {
  return (
    // A wide table is scrolled by the keyboard too, so its frame takes the focus.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above (WCAG 2.1.1)
    <section className="scroll" aria-label={caption} tabIndex={0}>
      <Table<object>
        size="small"
        pagination={false}
        rowKey={keyOf}
        dataSource={[...rows]}
        columns={columns.map((column, i) => ({
          key: String(i),
          title: column.heading,
          align: column.isNumber === true ? ('right' as const) : ('left' as const),
          render: (_: unknown, row: object) => <span>{column.cell(row)}</span>,
          onCell: () => ({ 'data-heading': column.heading }) as object,
        }))}
      />
    </section>
  );
}
