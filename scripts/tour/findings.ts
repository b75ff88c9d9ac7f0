import type { Finding, Items, Status } from './answers.ts';
import type { Started } from './feed.ts';
import { referenceOf, type Sample } from './sample.ts';
import type { Stage } from './stage.ts';

const JUDGING_MS = 100_000;

/** Waits until all is judged, holds the findings against what the simulator planted, and answers those that stand. */
export async function judge(stage: Stage, sample: Sample, { door }: Started): Promise<readonly Finding[]> {
  stage.heading('findings');
  const sinceMs = performance.now();
  await stage.until(
    'judging',
    async () => (await door.get<Status>('/status')).judge.waitingChunks === 0,
    JUDGING_MS,
  );
  const seconds = ((performance.now() - sinceMs) / 1000).toFixed(1);
  const standing = await allStanding(stage);
  const planted = sample.fleet.truth.map(each => `${each.rule} ${referenceOf(each.iccid)}`).sort();
  const found = [...new Set(standing.map(each => `${each.ruleId} ${each.subject.reference}`))].sort();
  const isSame = planted.join('\n') === found.join('\n');
  stage.claim(isSame, 'findings.all', { found: found.length, planted: planted.length, seconds });
  const first = new Map<string, number>();
  for (const { ruleId, subject, observedAt } of standing) {
    const name = `${ruleId} ${subject.reference}`;
    first.set(name, Math.min(Date.parse(observedAt), first.get(name) ?? Number.POSITIVE_INFINITY));
  }
  const isPrompt = sample.fleet.truth.every(
    each => first.get(`${each.rule} ${referenceOf(each.iccid)}`) === each.sinceMs,
  );
  const told = new Set(standing.map(each => `${each.ruleId} ${each.subject.reference} ${each.observedAt}`));
  stage.claim(isPrompt && told.size === standing.length, 'findings.first');
  const innocent = new Set([...sample.innocent].map(referenceOf));
  const isSilent = standing.every(each => !innocent.has(each.subject.reference));
  stage.claim(isSilent && innocent.size > 0, 'findings.silent', { innocent: innocent.size });
  return standing;
}

async function allStanding(stage: Stage): Promise<Finding[]> {
  const all: Finding[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const mark: readonly string[] = after === '' ? [] : ['--after', after];
    const page: Items<Finding> = await stage.json<Items<Finding>>(
      'findings',
      'list',
      '--limit',
      '500',
      ...mark,
    );
    all.push(...page.items);
    after = page.next ?? null;
  }
  return all.filter(finding => finding.standing !== 'withdrawn');
}
