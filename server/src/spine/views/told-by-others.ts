import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at } from '../../kernel/database/values.ts';

/** Read-only SQL that sets what a provider found of subjects beside what our rules found; row-level security decides whose. */

/** What a provider calls a thing, and the rules of ours that stand on it. */
export interface ScenePair {
  readonly scene: string;
  readonly ruleId: string;
}

export interface ComparedScene {
  readonly scene: string;
  /** Subjects of which the provider told it within the span. */
  readonly told: number;
  /** Of those, the ones a rule of ours found within so many days of it. */
  readonly both: number;
  readonly theirsAlone: number;
  /** Subjects a rule of ours found within the span and the provider did not tell. */
  readonly oursAlone: number;
  /** References of a few of each. */
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
}

/**
 * Compares by scene and subject. A telling is a dated fact whose kind begins with `factKind`, its scene in the body;
 * a finding counts while it stands. Scenes told that no rule stands on are listed with `oursAlone` 0.
 */
export async function compareScenes(
  tx: Tx,
  asked: {
    readonly factKind: string;
    readonly fromMs: number;
    readonly toMs: number;
    readonly withinDays: number;
    readonly pairs: readonly ScenePair[];
    readonly examples: number;
  },
): Promise<ComparedScene[]> {
  const slack = sql`make_interval(days => ${asked.withinDays})`;
  const [from, to] = [at(asked.fromMs), at(asked.toMs)];
  const { rows } = await sql<ComparedScene>`
    with pair as (
      select * from jsonb_to_recordset(${JSON.stringify(asked.pairs)}::jsonb) as p (scene text, "ruleId" text)
    ), told as (
      select distinct subject_id, body->>'scene' as scene, valid_from as at from dated_fact
      where starts_with(kind, ${asked.factKind}) and retired_at is null and valid_from >= ${from} and valid_from < ${to}
    ), found as (
      select distinct f.subject_id, p.scene, f.observed_at as at
      from pair p join finding f on f.rule_id = p."ruleId"
      where f.observed_at >= ${from} - ${slack} and f.observed_at < ${to} + ${slack}
        and (select s.standing from finding_standing s where s.finding_id = f.finding_id
          order by s.standing_id desc limit 1) <> 'withdrawn'
    ), theirs as (
      select t.scene, t.subject_id, bool_or(exists (select from found f where f.subject_id = t.subject_id
        and f.scene = t.scene and f.at >= t.at - ${slack} and f.at < t.at + ${slack})) as met
      from told t group by t.scene, t.subject_id
    ), ours as (
      select distinct f.scene, f.subject_id from found f
      where f.at >= ${from} and f.at < ${to}
        and not exists (select from told t where t.subject_id = f.subject_id and t.scene = f.scene)
    ), scene as (
      select scene from theirs union select scene from ours
    )
    select scene,
      (select count(*) from theirs t where t.scene = s.scene) as told,
      (select count(*) from theirs t where t.scene = s.scene and t.met) as both,
      (select count(*) from theirs t where t.scene = s.scene and not t.met) as "theirsAlone",
      (select count(*) from ours o where o.scene = s.scene) as "oursAlone",
      array(select j.reference from theirs t join subject j using (subject_id)
        where t.scene = s.scene and not t.met order by 1 limit ${asked.examples}) as theirs,
      array(select j.reference from ours o join subject j using (subject_id)
        where o.scene = s.scene order by 1 limit ${asked.examples}) as ours
    from scene s order by scene`.execute(tx);
  return rows;
}
