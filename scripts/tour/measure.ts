import type { Case, Door, Finding, Measure } from './answers.ts';
import type { Started } from './feed.ts';
import { referenceOf, type Sample } from './sample.ts';
import type { Stage } from './stage.ts';
import type { WordKey } from './words-en.ts';

const CLOCK = 'card-misuse-disposal';
/** How the platform's record of attempts is to be read. */
const ATTEMPTS = {
  columns: {
    recordId: 'record_id',
    time: 'time',
    iccid: 'iccid',
    event: 'outcome',
    bytesUp: 'bytes_up',
    bytesDown: 'bytes_down',
  },
  ignored: ['cause'],
};

/** Follows one finding to its case, orders the measure, and sees traffic stop. Answers the case's number and the measure's. */
export async function act(
  stage: Stage,
  sample: Sample,
  { provider, door }: Started,
  standing: readonly Finding[],
): Promise<{ caseId: number; measureId: number }> {
  stage.heading('case');
  const truth = sample.fleet.truth.find(each => each.rule === 'card-in-another-device');
  const card = referenceOf(truth?.iccid ?? '');
  const finding = standing.find(each => each.ruleId === truth?.rule && each.subject.reference === card);
  const caseId = finding?.caseId ?? 0;
  stage.claim(finding !== undefined, 'case.finding', {
    id: finding?.id.slice(0, 12) ?? '',
    title: finding?.title[stage.language] ?? '',
    severity: stage.value('severity', finding?.severity ?? ''),
    observed: finding?.observedAt ?? '',
  });
  const opened = await stage.json<Case>('cases', 'show', String(caseId));
  const clock = opened.clocks.find(each => each.clockId === CLOCK);
  stage.claim(opened.state === 'open' && clock?.state === 'running', 'case.open', {
    id: caseId,
    state: stage.value('state', opened.state),
    clock: clock?.title[stage.language] ?? '',
    clockState: stage.value('clock', clock?.state ?? ''),
    due: clock?.dueAt ?? '',
  });
  const isSuggested =
    opened.acts.some(each => each.kind === 'measure-suggested') && opened.measures.length === 0;
  stage.claim(isSuggested, 'case.suggested', { measure: opened.suggests ?? '' });

  const before = await provider.attempt(card);
  stage.claim(before === 'accepted', 'case.before', { outcome: stage.say(`outcome.${before}` as WordKey) });
  const adapter = ['--adapter', 'simulated-provider', '--quiet', '600'];
  await stage.json('providers', 'add', 'carrier', '--url', provider.address, ...adapter);
  const kind = opened.suggests ?? '';
  const { id: measureId } = await stage.json<Measure>('measures', 'order', String(caseId), kind);
  const effective = await reached(stage, door, measureId, 'effective');
  const state = await provider.stateOf(card);
  const steps = effective.steps.map(step => step.to);
  stage.claim(
    state === 'suspended' && steps.join() === 'decided,ordered,accepted,effective',
    'measure.states',
    {
      id: measureId,
      states: steps.map(step => stage.value('step', step)).join(' → '),
      card: stage.say(`card.${state}` as WordKey),
    },
  );
  stage.claim(effective.state === 'effective', 'measure.effective');

  const after = await provider.attempt(card);
  stage.claim(after === 'refused', 'measure.after', { outcome: stage.say(`outcome.${after}` as WordKey) });
  const mapping = stage.file('attempts.mapping.json', JSON.stringify(ATTEMPTS));
  await stage.json('sources', 'add', 'attempts', '--format', 'generic-csv', '--mapping', mapping);
  await stage.json('feed', 'attempts', stage.file('attempts.csv', await provider.feed()));
  const verified = await reached(stage, door, measureId, 'verified');
  const by = verified.steps.at(-1)?.proof?.by ?? '';
  stage.claim(by === 'refused-attempt', 'measure.verified', {
    state: stage.value('step', verified.state),
    by: stage.say(`by.${by}` as WordKey),
  });
  const met = (await stage.json<Case>('cases', 'show', String(caseId))).clocks.find(
    each => each.clockId === CLOCK,
  );
  stage.claim(met?.state === 'met', 'measure.clock', { state: stage.value('clock', met?.state ?? '') });
  const effects = await provider.effectsOn(card);
  stage.claim(effects === 1, 'measure.once', { effects });
  return { caseId, measureId };
}

async function reached(stage: Stage, door: Door, measureId: number, state: string): Promise<Measure> {
  await stage.until(state, async () => (await door.get<Measure>(`/measures/${measureId}`)).state === state);
  return await stage.json<Measure>('measures', 'show', String(measureId));
}
