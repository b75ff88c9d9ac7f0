import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { instant } from '../../kernel/time.ts';
import { type ArmedText, armedTexts } from '../../spine/findings/armed/armed-rules.ts';
import { armTested } from '../../spine/findings/back-tests/back-tests.ts';
import { markAllDirty } from '../../spine/registry/dirty.ts';
import { isRootParty } from '../../spine/registry/root-party.ts';
import { checkRule } from '../../spine/rules/check-rule.ts';
import { explainRule } from '../../spine/rules/explain.ts';
import { reach } from '../../spine/rules/judge-key.ts';
import { readRule } from '../../spine/rules/read-rule.ts';
import { type App, type Doors, need } from '../app.ts';

const tags = ['rules'];
const Id = Type.Object({ id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }) });
const Text = Type.Object({ text: Type.String({ maxLength: 65_536 }) }, { additionalProperties: false });

/** Rules: what ships, what is armed, checking a text, arming one that was back-tested. */
export function rulesRoutes(app: App, doors: Doors): void {
  const { shipped, world } = doors.rules;

  app.get('/api/v1/rules', { schema: { tags } }, async request => {
    const actor = need(request, 'rules:read');
    const armed = await doors.database.door(actor.partyId, armedTexts);
    const ids = new Set([...shipped.keys(), ...armed.map(each => each.ruleId)]);
    const items = [...ids].sort().map(id =>
      shown(
        id,
        armed.find(each => each.ruleId === id),
      ),
    );
    return { items, next: null };
  });

  app.get('/api/v1/rules/:id', { schema: { tags, params: Id } }, async request => {
    const actor = need(request, 'rules:read');
    const { id } = request.params;
    const armed = (await doors.database.door(actor.partyId, armedTexts)).find(each => each.ruleId === id);
    const text = armed?.text ?? shipped.get(id);
    if (text === undefined) throw new Refusal('rule-unknown', { subject: `rule/${id}` });
    const rule = readRule(text, id, world);
    return { ...shown(id, armed), text, explanation: 'where' in rule ? explainRule(rule) : null };
  });

  app.post('/api/v1/rules/:id/check', { schema: { tags, params: Id, body: Text } }, async request => {
    need(request, 'rules:read');
    const check = checkRule(request.body.text, request.params.id, world);
    if (check.outcome === 'refused') return { outcome: check.outcome, faults: check.faults };
    return { outcome: check.outcome, version: check.rule.version, examples: check.examples };
  });

  app.post(
    '/api/v1/rules/:id/arm',
    { schema: { tags, params: Id, body: Type.Union([Type.Partial(Text), Type.Null()]) } },
    async request => {
      const actor = need(request, 'rules:arm');
      const { id } = request.params;
      const text = request.body?.text ?? shipped.get(id);
      if (text === undefined) throw new Refusal('rule-unknown', { subject: `rule/${id}` });
      const atMs = doors.clock.now();
      const armed = await doors.database.door(actor.partyId, async tx => {
        if (!(await isRootParty(tx, actor.partyId)))
          throw new Refusal('right-missing', { detail: { right: 'rules:arm at the root party' } });
        const { rule, isNew } = await armTested(
          tx,
          { ruleId: id, text, partyId: actor.partyId, actor: actor.label, atMs },
          world,
        );
        const kinds = doors.contributions.flatMap(each => each.kinds.map(kind => kind.kind));
        if (isNew) await markAllDirty(tx, kinds, Math.max(0, atMs - reach(rule)), `rule ${id} armed`);
        return { id, version: rule.version, isNew };
      });
      doors.wake();
      return armed;
    },
  );

  function shown(id: string, armed: ArmedText | undefined) {
    const text = armed?.text ?? shipped.get(id) ?? '';
    const rule = readRule(text, id, world);
    const facts = 'where' in rule ? rule : undefined;
    return {
      id,
      version: armed?.version ?? facts?.version,
      title: facts?.title,
      severity: facts?.severity,
      status: facts?.status,
      reads: facts?.reads,
      suggests: facts?.suggests ?? null,
      armed: armed !== undefined,
      armedAt: instant(armed?.armedAtMs ?? null),
      armedBy: armed?.armedBy ?? null,
    };
  }
}
