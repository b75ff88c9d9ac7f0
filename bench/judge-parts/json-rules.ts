/**
 * The same twelve rules in json-rules-engine: the parsing and the cards' state of the object side, and the
 * twelve conditions as its rules, with operators it comes with. What one condition cannot say (a pane's
 * rising edge, twenty times another fact) is done for it beforehand or afterwards by the object side's code.
 */
import { Engine, type TopLevelCondition } from 'json-rules-engine';
import { type Hits, hit, openHits, TERMS } from './data.ts';
import { type CardState, fires, forEachUse, moved, type Terms, total, type Use } from './objects.ts';

type Condition = { fact: string; operator: string; value: unknown };

const is = (fact: string, operator: string, value: unknown): Condition => ({ fact, operator, value });
const fact = (name: string): { fact: string } => ({ fact: name });

/** In the order every side counts its hits. */
const CONDITIONS: readonly (readonly Condition[])[] = [
  [is('isChanged', 'equal', true)],
  [is('changes', 'greaterThanInclusive', 3)],
  [is('mcc', 'notIn', fact('mccs'))],
  [is('recent', 'greaterThan', 12)],
  [is('dayUsed', 'greaterThan', fact('dayCap'))],
  [is('monthUsed', 'greaterThan', fact('monthCap'))],
  [is('metres', 'greaterThan', 100_000), is('kmh', 'greaterThan', 900)],
  [is('peers', 'greaterThan', 8)],
  [is('peer', 'notIn', fact('peersAgreed'))],
  [is('dayUp', 'greaterThan', 500), is('dayUp', 'greaterThan', fact('dayDownTwentyfold'))],
  [is('isAwake', 'equal', true)],
  [is('excess', 'greaterThan', fact('deviationSixfold'))],
];

/** Undefined where the rule passes a record over. */
const GIVEN: readonly ((use: Use, card: CardState) => boolean)[] = CONDITIONS.map((_conditions, rule) => {
  if (rule === 2) return use => use.mcc !== undefined;
  if (rule === 6) return (_use, card) => card.metres >= 0;
  if (rule === 8) return use => use.peer !== undefined;
  if (rule === 10) return use => use.imei !== undefined;
  return () => true;
});

export async function judgeJsonRules(csv: Buffer): Promise<Hits> {
  const engine = openEngine();
  const cards = new Map<string, CardState>();
  const hits = openHits(CONDITIONS.length);
  const uses: Use[] = [];
  forEachUse(csv, Number.POSITIVE_INFINITY, use => uses.push(use));
  for (const [record, use] of uses.entries()) {
    const card = moved(cards, use);
    const { events } = await engine.run(factsOf(use, card, TERMS[use.iccid.charCodeAt(18) - 48] as Terms));
    const met = new Set(events.map(event => Number(event.type)));
    for (let rule = 0; rule < CONDITIONS.length; rule += 1)
      if (GIVEN[rule]?.(use, card) && fires(card, rule, met.has(rule), use.atMs)) hit(hits, rule, record);
  }
  return hits;
}

function openEngine(): Engine {
  const engine = new Engine();
  for (const [rule, all] of CONDITIONS.entries())
    engine.addRule({ conditions: { all } as TopLevelCondition, event: { type: String(rule) } });
  return engine;
}

function factsOf(use: Use, card: CardState, terms: Terms): Record<string, unknown> {
  return {
    isChanged: card.isChanged,
    changes: total(card.changes),
    // The engine throws where a fact is undefined.
    mcc: use.mcc ?? null,
    mccs: terms.mccs,
    recent: total(card.recent),
    dayUsed: card.dayUp + card.dayDown,
    dayCap: terms.dayCap,
    monthUsed: card.monthUsed,
    monthCap: terms.monthCap,
    metres: card.metres,
    kmh: card.kmh,
    peers: card.peers.length,
    peer: use.peer ?? null,
    peersAgreed: terms.peers,
    dayUp: card.dayUp,
    dayDownTwentyfold: card.dayDown * 20,
    isAwake: card.isAwake,
    excess: use.up + use.down - terms.mean,
    deviationSixfold: terms.deviation * 6,
  };
}
