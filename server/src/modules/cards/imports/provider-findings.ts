import { FACTS } from '../restrictions.ts';
import { refuse } from './cells.ts';
import { importKind } from './import-kind.ts';
import { CARD, stated } from './registration.ts';

/**
 * What an operator or provider found of a card: OneLink's risk scenes (25A17 lists the cards of one), the events of a
 * provider's rules. It lies with the card as dated evidence beside our own findings, restricts nothing, and is
 * compared with what our rules found (C-38). `scene` is the provider's own word for it; the same row twice is one.
 */
export const providerFindingsImport = importKind(
  'provider-findings',
  ['provider', 'iccid', 'scene', 'from', 'zone', 'reason'],
  cells => {
    const card = { kind: CARD, reference: cells.card().key };
    const provider = word(cells.need('provider'), 'provider');
    const scene = word(cells.need('scene'), 'scene');
    const { fromMs } = cells.span();
    if (fromMs === undefined) return refuse('from', 'missing');
    const body = { provider, scene, ...cells.attributes({ reason: 'reason' }) };
    const span = { fromMs, toMs: fromMs + 1 };
    return [stated(card, `${FACTS.providerFinding}${provider}/${scene}`, body, span)];
  },
);

function word(text: string, column: string): string {
  return /^[\w.-]{2,60}$/.test(text)
    ? text.toLowerCase()
    : refuse(column, 'no word of letters, digits, - and _');
}
