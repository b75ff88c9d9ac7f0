import type { Checked } from './checked.ts';

/** The name a field is to bear; the variable stays. */
export type Rename = (variable: string, field: string) => string;

/** The same checked expression, its fields under other names. */
export function renameFields(node: Checked, rename: Rename): Checked {
  const again = (each: Checked): Checked => renameFields(each, rename);
  switch (node.kind) {
    case 'field':
    case 'has':
      return { ...node, field: rename(node.variable, node.field) };
    case 'and':
    case 'or':
      return { ...node, parts: node.parts.map(again) };
    case 'not':
      return { ...node, of: again(node.of) };
    case 'choose':
      // biome-ignore lint/suspicious/noThenProperty: the branch of a choice, as the checked tree names it.
      return { ...node, when: again(node.when), then: again(node.then), otherwise: again(node.otherwise) };
    case 'compare':
      return { ...node, left: again(node.left), right: again(node.right) };
    case 'in':
      return { ...node, item: again(node.item), list: again(node.list) };
    case 'call':
      return { ...node, args: node.args.map(again) };
    case 'list':
      return { ...node, items: node.items.map(again) };
    case 'fold':
      return {
        ...node,
        range: again(node.range),
        condition: node.condition === null ? null : again(node.condition),
        step: node.step === null ? null : again(node.step),
      };
    default:
      return node;
  }
}
