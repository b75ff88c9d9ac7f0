import type { Form } from './form.ts';
import { operatorNames, severities, strengths, timeMarks } from './rule.ts';

const expression = (about: string): Form => ({
  is: 'text',
  about: `${about} (a CEL expression)`,
  most: 2000,
});
const parts = (
  about: string,
  fields: Readonly<Record<string, Form>>,
  ...optional: readonly string[]
): Form => ({
  is: 'parts',
  about,
  parts: fields,
  optional,
});
const said = (about: string): Form =>
  parts(`${about}, in English and Chinese`, {
    en: { is: 'text', about: 'English', most: 600 },
    zh: { is: 'text', about: 'Simplified Chinese', most: 600 },
  });
const length = (about: string): Form => ({
  is: 'text',
  about: `${about}, such as 10m, 24h or 30d`,
  pattern: '^[1-9][0-9]{0,3}[mhd]$',
});
const moment: Form = {
  is: 'text',
  about: 'a moment with its zone, such as 2026-03-01T08:00:00+08:00',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,3})?(Z|[+-]\\d\\d:\\d\\d)$',
};
const cap: Form = { is: 'number', about: 'the most values kept, from 1 to 256', least: 1, most: 256 };
const name = '^[a-z][A-Za-z0-9]{0,39}$';
const hyphenated = '^[a-z][a-z0-9]*(-[a-z0-9]+)*$';

const state: Form = parts(
  'a named value: one operator with its window',
  {
    operator: { is: 'choice', about: 'one of the eight operators', of: operatorNames },
    of: expression('what is summed, compared or told apart'),
    when: expression('which records are taken in; all by default'),
    window: {
      is: 'text',
      about: 'day, month, or a length such as 10m, 24h or 30d',
      pattern: '^(day|month|[1-9][0-9]{0,3}[mhd])$',
    },
    lookBack: length('how long a value is remembered'),
    per: length('the time a rate is scaled to'),
    cap,
    lastsMs: expression('how long the use lasted, in milliseconds'),
    anchor: {
      is: 'choice',
      about: 'whether the record stands at the start or the end of the use',
      of: ['start', 'end'],
    },
    latE6: expression('latitude × 10^6'),
    lonE6: expression('longitude × 10^6'),
    accuracyM: expression('radius of accuracy in metres'),
  },
  'of',
  'when',
  'window',
  'lookBack',
  'per',
  'cap',
  'lastsMs',
  'anchor',
  'latE6',
  'lonE6',
  'accuracyM',
);

const terms: Form = {
  is: 'map',
  about: 'terms in force',
  most: 30,
  names: name,
  of: { is: 'term', about: 'the value of a term' },
};

const example: Form = parts(
  'facts, observations and what must come of them',
  {
    name: { is: 'text', about: 'what the example shows' },
    subject: parts(
      'the subject',
      { id: { is: 'text', about: 'its name' }, class: { is: 'text', about: 'its class' } },
      'id',
      'class',
    ),
    bound: terms,
    changes: {
      is: 'list',
      about: 'terms that replace those before, each from a moment on',
      most: 10,
      of: parts('terms from a moment on', { from: moment, terms }),
    },
    observations: {
      is: 'list',
      about: 'one to fifty observations',
      least: 1,
      most: 50,
      of: {
        is: 'parts',
        about: 'an observation: its moment, its series if it is a running total, and its fields',
        parts: {
          at: moment,
          subject: { is: 'text', about: 'whose observation it is, in a rule keyed by a field' },
          series: { is: 'text', about: 'the name of the running counter' },
          timeMark: {
            is: 'choice',
            about: 'how far its time can be trusted; stated by default',
            of: timeMarks,
          },
        },
        optional: ['subject', 'series', 'timeMark'],
        others: { is: 'scalar', about: 'text, a whole number or a truth value' },
      },
    },
    watermark: moment,
    expect: {
      is: 'list',
      about: 'the numbers, from 1, of the observations that complete a finding',
      least: 1,
      most: 50,
      of: { is: 'number', about: 'a number from 1', least: 1, most: 50 },
    },
    guard: { is: 'text', about: 'the guard that alone keeps the example silent' },
  },
  'subject',
  'bound',
  'changes',
  'watermark',
  'expect',
  'guard',
);
const examples = (about: string): Form => ({ is: 'list', about, least: 1, most: 30, of: example });

/** A rule as its author writes it: one YAML file in `content/rules/<module>/`. */
export const ruleForm: Form = parts(
  'a rule of supervision',
  {
    id: { is: 'text', about: 'the name of the file without .yaml', most: 60, pattern: hyphenated },
    title: said('what the rule finds'),
    status: { is: 'choice', about: 'how far the rule is trusted', of: ['draft', 'trial', 'shipped'] },
    reads: { is: 'text', about: 'the kind of observation', pattern: hyphenated },
    key: {
      is: 'text',
      about: '`subject`, or the field whose value the state belongs to, such as observation.imei',
      pattern: '^(subject|observation\\.[a-z][A-Za-z0-9]*)$',
    },
    zone: { is: 'text', about: 'the IANA time zone of days and months; UTC by default' },
    given: expression('for which observations the rule has anything to say; all by default'),
    where: expression('the condition'),
    rearm: {
      is: 'choice',
      about:
        'when a condition that stays true is found again: on every record, or first in each day or month; day by default',
      of: ['record', 'day', 'month'],
    },
    state: {
      is: 'map',
      about: 'up to eight named values kept for each key',
      most: 8,
      names: name,
      of: state,
    },
    severity: { is: 'choice', about: 'how grave a finding is', of: severities },
    evidence: parts('how strong the fact is', {
      strength: { is: 'choice', about: 'how strong the fact is', of: strengths },
      refutedBy: said('what would refute it'),
    }),
    guards: {
      is: 'map',
      about: 'known innocent causes, by name',
      most: 16,
      names: hyphenated,
      of: parts('a known innocent cause', {
        title: said('the cause'),
        when: expression('when it is the cause'),
      }),
    },
    basis: {
      is: 'list',
      about: 'what the rule stands on',
      least: 1,
      most: 20,
      of: parts(
        'a law, standard, mandate line or requirement',
        { source: { is: 'text', about: 'its name' }, clause: { is: 'text', about: 'the clause' } },
        'clause',
      ),
    },
    suggests: { is: 'text', about: 'the measure it suggests', pattern: hyphenated },
    examples: parts('examples that prove the rule', {
      fires: examples('examples that must fire'),
      silent: examples('examples that must not fire'),
    }),
  },
  'zone',
  'given',
  'rearm',
  'state',
  'guards',
  'suggests',
);
