import type { Command } from 'commander';
import type { Policy, Provider } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';
import { addCarriers } from './carriers.ts';
import { addDrift } from './drift.ts';
import { termsOf } from './measure-options.ts';

interface AddOptions {
  readonly url: string;
  readonly adapter: string;
  readonly due?: string;
  readonly quiet?: string;
  readonly options?: string;
  readonly apiVersion?: string;
}

export function addProviders(program: Command, desk: Desk): void {
  const { say } = desk;
  const providers = asList(program.command('providers').description(say('providers')), say).action(
    async (options: ListOptions) => {
      const page = await listOf<Provider>(desk, await desk.server(), '/api/v1/providers', options);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: provider => String(provider.id ?? '') },
            { heading: say('column.name'), cell: provider => provider.name ?? '' },
            { heading: say('column.adapter'), cell: provider => provider.adapter ?? '' },
            { heading: say('column.paused'), cell: provider => desk.time(provider.pausedUntil) },
          ],
          page,
          say('providers.none'),
        ),
      );
    },
  );
  providers
    .command('add')
    .description(say('providers.add'))
    .argument('<name>', say('providers.name'))
    .requiredOption('--url <url>', say('providers.url'))
    .requiredOption('--adapter <adapter>', say('providers.adapter'))
    .option('--due <seconds>', say('providers.due'))
    .option('--quiet <seconds>', say('providers.quiet'))
    .option('--options <json>', say('providers.options'))
    .option('--api-version <version>', say('providers.version'))
    .action(async (name: string, asked: AddOptions) => {
      const { url, adapter, options, apiVersion: version } = asked;
      const settings = {
        url,
        ...inMs(desk, 'dueMs', asked.due),
        ...inMs(desk, 'quietMs', asked.quiet),
        ...(options === undefined ? {} : { options: termsOf(desk, options) }),
        ...(version === undefined ? {} : { version }),
      };
      const server = await desk.server();
      const provider = await server.post<Provider>('/api/v1/providers', { name, adapter, settings });
      desk.answer(provider, () =>
        desk.line(say('providers.added', { name: plain(name), id: provider.id ?? '' })),
      );
    });
  providers
    .command('resume')
    .description(say('providers.resume'))
    .argument('<number>', say('measures.provider'))
    .requiredOption('--reason <reason>', say('measures.ladder.reason'))
    .action(async (id: string, options: { reason: string }) => {
      const server = await desk.server();
      const provider = await server.post<Provider>(`/api/v1/providers/${segment(id)}/resume`, options);
      desk.answer(provider, () => desk.line(say('providers.resumed', { name: plain(provider.name ?? '') })));
    });
  addCarriers(providers, desk);
  addDrift(providers, desk);
}

export function addPolicies(program: Command, desk: Desk): void {
  const { say } = desk;
  const policies = program.command('policies').description(say('policies'));
  asList(policies.command('list').description(say('policies.list')), say).action(
    async (options: ListOptions) => {
      const page = await listOf<Policy>(desk, await desk.server(), '/api/v1/measure-policies', options);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.rule'), cell: policy => policy.ruleId ?? '' },
            { heading: say('column.kind'), cell: policy => policy.measure ?? '' },
            { heading: say('column.mode'), cell: policy => desk.value('mode', policy.mode) },
          ],
          page,
          say('policies.none'),
        ),
      );
    },
  );
  policies
    .command('set')
    .description(say('policies.set'))
    .argument('<rule>', say('findings.rule'))
    .argument('<kind>', say('measures.kind'))
    .argument('<mode>', say('policies.mode'))
    .action(async (ruleId: string, measure: string, mode: string) => {
      const server = await desk.server();
      const policy = await server.put<Policy>('/api/v1/measure-policies', { ruleId, measure, mode });
      desk.answer(policy, () => desk.line(say('policies.done', { rule: plain(ruleId) })));
    });
}

/** A length of time that a person gives in seconds, as the setting in milliseconds. */
function inMs(desk: Desk, setting: string, seconds: string | undefined): Record<string, number> {
  if (seconds === undefined) return {};
  if (!/^\d{1,8}$/.test(seconds)) throw new UsageFault(desk.say('providers.bad-seconds'));
  return { [setting]: Number(seconds) * 1000 };
}
