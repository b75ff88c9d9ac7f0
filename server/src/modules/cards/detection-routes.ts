import { Type } from 'typebox';
import { DAY_MS, rfc3339 } from '../../kernel/time.ts';
import { armedTexts } from '../../spine/findings/armed/armed-rules.ts';
import { type ModuleRoute, moduleRoute } from '../../spine/module-route.ts';
import { compareScenes, type ScenePair } from '../../spine/views/told-by-others.ts';
import { valuesSeen } from '../../spine/views/values-seen.ts';
import { CARD_USAGE } from './model.ts';
import { FACTS } from './restrictions.ts';

const tag = 'detection';
const Days = (most: number) => Type.Optional(Type.Integer({ minimum: 0, maximum: most }));
const EXAMPLES = 20;
/** Words of a rule's basis that name a scene: a call of OneLink, its path code, a provider's cause or event. */
const SCENE = /\b(25[A-Z]\d\d|risk\d{3}|[A-Z]{3,}(?:_[A-Z]+)+|[A-Z][a-z]+(?:[A-Z][a-z]+)+)\b/g;

/** The scenes that a rule says it stands on, in small letters. */
export function scenesOf(text: string): string[] {
  const basis = /^basis:\n((?: .*\n)+)/m.exec(text)?.[1] ?? '';
  const clauses = [...basis.matchAll(/clause: (.*)/g)].map(([, clause = '']) => clause);
  return [
    ...new Set(clauses.flatMap(clause => [...clause.matchAll(SCENE)].map(([word]) => word.toLowerCase()))),
  ];
}

/**
 * What providers found beside what our rules found (C-38), and the types of device that cards are seen in, from which
 * those of a class are learned.
 */
export const detectionRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'GET',
    path: '/provider-findings/comparison',
    right: 'findings:read',
    tag,
    query: { days: Days(400), within: Days(31) },
    answer: async ({ database, clock, actor }, { query }) => {
      const { days = 30, within = 2 } = query;
      const toMs = clock.now();
      const fromMs = toMs - days * DAY_MS;
      const items = await database.door(actor.partyId, async tx => {
        const pairs = (await armedTexts(tx)).flatMap(({ ruleId, text }): ScenePair[] =>
          scenesOf(text).map(scene => ({ scene, ruleId })),
        );
        const asked = { factKind: FACTS.providerFinding, fromMs, toMs, withinDays: within, pairs };
        const scenes = await compareScenes(tx, { ...asked, examples: EXAMPLES });
        return scenes.map(scene => ({
          ...scene,
          rules: pairs.filter(pair => pair.scene === scene.scene).map(({ ruleId }) => ruleId),
        }));
      });
      return { from: rfc3339(fromMs), to: rfc3339(toMs), withinDays: within, items, next: null };
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/device-models/seen',
    right: 'registry:read',
    tag,
    query: { days: Days(400) },
    answer: async ({ database, clock, actor }, { query }) => {
      const nowMs = clock.now();
      const sinceMs = nowMs - (query.days ?? 30) * DAY_MS;
      const asked = { observationKind: CARD_USAGE, field: 'tac', linkKind: 'under', sinceMs, nowMs };
      const rows = await database.door(actor.partyId, tx => valuesSeen(tx, asked));
      const items = rows.map(({ under, class: name, value, subjects }) => ({
        contract: under,
        class: name,
        tac: value,
        cards: subjects,
      }));
      return { since: rfc3339(sinceMs), items, next: null };
    },
  }),
];
