import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Server as SecureServer } from 'node:https';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import type { App, Doors, RouteFile } from './api/app.ts';
import { openEventHub } from './api/events.ts';
import { pageRoutes } from './api/page.ts';
import { apiRoutes } from './api/routes/all.ts';
import { buildApi } from './api/server.ts';
import type { Config } from './config.ts';
import { accessOnRecord } from './config-access.ts';
import {
  cardClassCatalogues,
  cardSourceCatalogues,
  certificateProfileCatalogues,
  clockCatalogues,
  commonPasswords,
  criticalCatalogues,
  deviceAuditCatalogues,
  deviceModelLists,
  dutyCatalogues,
  elementCatalogues,
  ladderCatalogues,
  penaltyCatalogues,
  personalDataCatalogues,
  saleRuleCatalogues,
  shippedRules,
} from './content.ts';
import { type BackupCode, UNFINISHED } from './kernel/database/backup/manifest.ts';
import { migrationFolders } from './kernel/database/migrate.ts';
import { type OpenedDatabase, openDatabase } from './kernel/database/open.ts';
import { randomId } from './kernel/ids.ts';
import { pairAtStart } from './kernel/listeners.ts';
import type { Logger } from './kernel/log.ts';
import { startLoop } from './kernel/loop.ts';
import { Refusal } from './kernel/refusal.ts';
import { derivedSecrets } from './kernel/seal/derived-secrets.ts';
import { rootKeyFile } from './kernel/seal/root-keys.ts';
import { openSigningKey, type SigningKey } from './kernel/seal/signing-key.ts';
import type { Clock } from './kernel/time.ts';
import { tlsRenewal } from './kernel/tls-files.ts';
import { cards } from './modules/cards/module.ts';
import { devices } from './modules/devices/module.ts';
import { gateway } from './modules/gateway/module.ts';
import { privacy } from './modules/privacy/module.ts';
import { responsibility } from './modules/responsibility/module.ts';
import { startBackTests } from './spine/back-test/job.ts';
import { markChangedCatalogues } from './spine/changed-catalogues.ts';
import { readClockCatalogue } from './spine/clocks/catalogue.ts';
import { type Contribution, type LivePart, worldOf } from './spine/contribution.ts';
import { armRule } from './spine/findings/armed/armed-rules.ts';
import { startJudge } from './spine/judge.ts';
import { LeftOutCount } from './spine/keys/left-out.ts';
import { ledgerKeysOf } from './spine/ledger/note.ts';
import { originOf } from './spine/ledger/origin.ts';
import { ledgerReader } from './spine/ledger/read.ts';
import { startSequencer } from './spine/ledger/sequencer.ts';
import { succeed } from './spine/ledger/succession.ts';
import { startCosigning } from './spine/ledger/witnesses/cosigning.ts';
import { witnessesOverHttp } from './spine/ledger/witnesses/over-http.ts';
import { heedWitnesses } from './spine/ledger/witnesses/seen.ts';
import { LiveMemory } from './spine/live-memory.ts';
import { runBatchRound } from './spine/measures/batches/work.ts';
import { runWatchRound } from './spine/measures/jobs.ts';
import { readLadders } from './spine/measures/ladder/ladder.ts';
import { sendLetters } from './spine/measures/outbox/send.ts';
import type { MeasureDesk, MeasureWorks } from './spine/measures/ports.ts';
import { putTraits, readCritical } from './spine/measures/two-persons/traits.ts';
import { runNoticeRound } from './spine/notices/job.ts';
import { faultOf } from './spine/notices/subscribers.ts';
import { addressGuard } from './spine/notices/wire/addresses.ts';
import type { IntakeDoors } from './spine/observations/intake.ts';
import { breakOpenBatches } from './spine/observations/store.ts';
import { lookAtVolumes } from './spine/observations/volumes/volumes.ts';
import { startWatch } from './spine/observations/watched/watch.ts';
import { type FirstAdministrator, foundInstallation } from './spine/registry/people/founding.ts';
import { openSignIn } from './spine/registry/people/open-sign-in.ts';
import { type OpenIdProvider, openIdProvider } from './spine/registry/people/provider/oidc.ts';
import { recordSettings, settleRefusals } from './spine/registry/refusals/settle.ts';
import { readElementTable } from './spine/regulator/element-table.ts';
import { expireClearExports } from './spine/regulator/in-the-clear/decide.ts';
import { ownTables } from './spine/regulator/own-tables.ts';
import { regulatorDoor } from './spine/regulator/regulator-export.ts';
import { referenceOf, trafficPort } from './spine/traffic.ts';
import { statusDoor } from './status.ts';

/** Every room of the house. This file is the only one that knows them. */
export const contributions: readonly Contribution[] = [
  cards({
    cardClasses: cardClassCatalogues(),
    deviceModels: deviceModelLists(),
    saleRules: saleRuleCatalogues(),
    cardSource: cardSourceCatalogues(),
  }),
  devices({ profiles: certificateProfileCatalogues(), checks: deviceAuditCatalogues() }),
  gateway(),
  responsibility({ duties: dutyCatalogues(), penalties: penaltyCatalogues() }),
  privacy({ personalData: personalDataCatalogues() }),
];

/** How long one witness is waited for, at the start and in the background. */
const WITNESS_TIMEOUT_MS = 5_000;
const COSIGNING_REST_MS = 500;

export type HouseCode = 'not-durable';

export interface House {
  readonly app: App;
  readonly doors: Doors;
  readonly opened: OpenedDatabase;
  /** Stops what runs in the background, then the door, then the database. */
  close(): Promise<void>;
}

/**
 * Opens the whole house: database, ledger, judge, measures, door. When this returns it is not listening yet.
 *
 * Refuses `not-durable` in production mode when the database says that its commits are not (E-08).
 */
export async function openHouse(
  config: Config,
  log: Logger,
  clock: Clock,
  tell: (administrator: FirstAdministrator) => void,
): Promise<House> {
  if (existsSync(join(config.dataDir, UNFINISHED)))
    throw new Refusal<BackupCode>('restore-unfinished', { subject: config.dataDir });
  mkdirSync(config.dataDir, { recursive: true });
  const opened = await openDatabase({ ...config, log, migrations: migrationFolders() });
  try {
    return await furnish(config, log, clock, opened, tell);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function furnish(
  config: Config,
  log: Logger,
  clock: Clock,
  opened: OpenedDatabase,
  tell: (administrator: FirstAdministrator) => void,
): Promise<House> {
  const { database } = opened;
  if (config.mode === 'production' && !opened.durability.durable)
    throw new Refusal<HouseCode>('not-durable', { detail: { ...opened.durability } });
  await opened.leafFor(clock.now());
  await database.corridor(tx => breakOpenBatches(tx, clock.now()));

  const key = {
    ...(await openSigningKey(join(config.dataDir, 'ledger.key'))),
    name: await originOf(database, config.ledgerOrigin, () =>
      keptSecret(join(config.dataDir, 'ledger.id'), 16),
    ),
    also: await nextLedgerKey(config.dataDir),
  };
  const checkpointFile = join(config.dataDir, 'ledger.checkpoint');
  const cosignedFile = join(config.dataDir, 'ledger.cosigned');
  const theLog = { database, key, checkpointFile, log };
  const wire = witnessesOverHttp(WITNESS_TIMEOUT_MS);
  // Before anything is signed: a witness may know more of this log than database and file do.
  await heedWitnesses({ ...theLog, wire, witnesses: config.witnesses.witnesses });
  const sequencer = await startSequencer({
    ...theLog,
    clock,
    intervalMs: config.sequencerMs,
    // Another log follows: what was cosigned under the origin before is no checkpoint of this one.
    renamed: origin => {
      key.name = origin;
      rmSync(cosignedFile, { force: true });
    },
  });
  const ledger = ledgerReader({ ...theLog, cosignedFile });
  const cosigning = startCosigning({
    ...theLog,
    cosignedFile,
    clock,
    wire,
    policy: config.witnesses,
    restMs: COSIGNING_REST_MS,
  });

  const signIn = await openSignIn(
    { database, clock },
    {
      pool: opened.rawPool({ role: 'owner', schema: 'thingward_auth', max: 5, isPlain: true }),
      secret: keptSecret(join(config.dataDir, 'sign-in.secret')),
      oldSecrets: oldSecrets(config.dataDir, 'sign-in.secret'),
      baseUrl: config.publicUrl,
    },
    { ...config.access, commonPasswords: commonPasswords() },
    providerOf(config, clock),
  );
  const world = worldOf(contributions);
  const shipped = shippedRules();
  const founded = await foundInstallation(
    { database, clock, signIn },
    { nameEn: 'Root', nameZh: '根主体', email: 'administrator@thingward.invalid' },
    tell,
  );
  if (founded !== null) await armShipped();

  const marked = await database.corridor(tx => markChangedCatalogues(tx, contributions, clock.now()));
  if (marked > 0) log.info({ subjects: marked }, 'a catalogue changed: its subjects are judged again');

  const critical = [...criticalCatalogues()].map(([name, text]) => readCritical(text, name));
  await putTraits(
    { database, clock },
    critical.flatMap(each => each.traits),
  );

  const events = openEventHub(randomId());
  const desk: MeasureDesk = {
    catalogues: [...clockCatalogues()].map(([name, text]) => readClockCatalogue(text, name)),
    ladders: [...ladderCatalogues()].map(([name, text]) => readLadders(text, name)),
    waits: critical.map(each => each.waits).find(each => each !== null) ?? undefined,
    kinds: contributions.flatMap(each => each.measures),
    adapters: Object.assign({}, ...contributions.map(each => each.adapters)),
    // Providers are reached by the rules that notices go out by: one list of networks for both.
    outside: {
      faultOf: url => faultOf(url, config.access.notices),
      mayReach: addressGuard(config.access.notices.networks),
      sealKey: Buffer.from(keptSecret(join(config.dataDir, 'providers.secret')), 'hex'),
      ownUrl: config.publicUrl,
    },
  };
  const works: MeasureWorks = {
    ...desk,
    database,
    clock,
    log,
    traffic: trafficPort(contributions),
    referenceOf,
    changed: measure =>
      events.announce({ topic: 'measure', object: `measure/${measure.measureId}`, partyId: measure.partyId }),
  };
  const instance = keptSecret(join(config.dataDir, 'instance.id'));
  const leftOut = new LeftOutCount(log, clock);
  const ruleErrors = new Map<string, number>();
  const threadsLost = new Map<string, number>();
  const memory = new LiveMemory(contributions, { threads: config.judgingThreads });
  const judge = startJudge(
    {
      database,
      clock,
      log,
      contributions,
      desk,
      memory,
      onLeftOut: each => leftOut.add(each),
      onRuleErrors: (ruleId, records) => ruleErrors.set(ruleId, (ruleErrors.get(ruleId) ?? 0) + records),
      onThreadLost: partition => threadsLost.set(partition, (threadsLost.get(partition) ?? 0) + 1),
      onJudged: news => {
        for (const { partyId, what, id } of news)
          events.announce({ topic: what, object: `${what.split('-')[0]}/${id}`, partyId });
        letters.wake();
      },
    },
    instance,
  );
  const backTests = startBackTests({ database, clock, log, contributions, runner: instance });
  // Orders leave as soon as they stand; asking what became of others never holds one up.
  const letters = startLoop({
    name: 'letters',
    log,
    restMs: 500,
    step: async () => (await sendLetters(works)) > 0,
  });
  const measures = startLoop({
    name: 'measures',
    log,
    restMs: 500,
    step: async () => (await runWatchRound(works)).moved > 0,
  });
  const batches = startLoop({
    name: 'batches',
    log,
    restMs: 250,
    step: async () => {
      const settled = await runBatchRound(works);
      if (settled > 0) letters.wake();
      return settled > 0;
    },
  });
  await recordSettings(
    { database, clock },
    { ...accessOnRecord(config), ledgerKeys: ledgerKeysOf(key).map(each => each.vkey) },
  );
  const access = startLoop({
    name: 'access',
    log,
    restMs: 10_000,
    step: async () => {
      await expireClearExports({ database, clock, log });
      return (await settleRefusals({ database, clock })) >= 500;
    },
  });
  const intake: IntakeDoors = {
    database,
    clock,
    formats: new Map(contributions.flatMap(each => each.formats.map(format => [format.name, format]))),
    leafFor: ms => opened.leafFor(ms),
    onAccepted: () => judge.wake(),
  };
  const volumes = startLoop({
    name: 'volumes',
    log,
    restMs: 5_000,
    step: () => lookAtVolumes({ database, clock }, world.kinds),
  });
  const liveParts: LivePart[] = [];
  const credentials = contributions.find(each => each.credentials !== undefined)?.credentials;
  for (const each of contributions) {
    const part = await each.open?.({ database, clock, log, intake, credentials, settings: config.ofModules });
    if (part) liveParts.push(part);
  }
  const watch =
    config.watchedFolder === undefined
      ? null
      : startWatch({
          root: config.watchedFolder,
          taker: instance,
          quietMs: config.watchedQuietMs,
          intake,
          log,
        });
  const noticeDoors = {
    settings: config.access.notices,
    secretOf: derivedSecrets(keptSecret(join(config.dataDir, 'notices.secret')), 'notice'),
  };
  const notices = startLoop({
    name: 'notices',
    log,
    restMs: 500,
    step: async () => (await runNoticeRound({ database, clock, log, notices: noticeDoors })) > 0,
  });
  const rootKeys = rootKeyFile(config.vaultKeysFile);
  const rounds = contributions
    .flatMap(each => each.rounds ?? [])
    .map(({ name, restMs, step }) =>
      startLoop({ name, log, restMs, step: () => step({ database, clock, log, desk, rootKeys, intake }) }),
    );
  const doors: Doors = {
    database,
    notices: noticeDoors,
    clock,
    log,
    signIn,
    events,
    contributions,
    ledger,
    intake,
    hookSecret: derivedSecrets(keptSecret(join(config.dataDir, 'hooks.secret')), 'hook'),
    desk,
    rootKeys,
    regulator: regulatorDoor(
      [...elementCatalogues()].map(([name, text]) => readElementTable(text, name)),
      [...ownTables(world.kinds), ...contributions.flatMap(each => each.exportTables ?? [])],
    ),
    rules: { shipped, world },
    status: statusDoor({
      config,
      clock,
      opened,
      ledger,
      sequencer,
      cosigning,
      judge,
      intake,
      desk,
      log,
      leftOut,
      ruleErrors,
      judgedBy: () => memory.judgedBy,
      threadsLost,
      liveParts,
    }),
    succeedLedger: asked => succeed(database, { key, checkpointFile }, asked),
    wake: () => {
      judge.wake();
      letters.wake();
      measures.wake();
      batches.wake();
      backTests.wake();
    },
  };
  const routes: readonly RouteFile[] = [...apiRoutes(events), pageRoutes];
  const settings = { cert: 'THINGWARD_TLS_CERT', key: 'THINGWARD_TLS_KEY' };
  const tls = config.access.tls === null ? undefined : pairAtStart(config.access.tls, settings);
  const app = await buildApi(doors, routes, {
    origins: [config.publicUrl],
    trustedProxies: config.trustedProxies,
    tls,
  });
  const use = (context: SecureContextOptions) =>
    (app.server as unknown as SecureServer).setSecureContext(context);
  const renewal =
    tls === undefined || config.access.tls === null
      ? undefined
      : tlsRenewal(config.access.tls, tls, use, log, 'door');
  const certificates = startLoop({
    name: 'certificates',
    log,
    restMs: 5_000,
    step: async () => {
      renewal?.();
      return false;
    },
  });

  // At a first start nothing is stored to try a rule on: their examples, and the trials they ship with, speak for them.
  async function armShipped(): Promise<void> {
    await database.corridor(async tx => {
      for (const [ruleId, text] of shipped)
        await armRule(tx, { ruleId, text, actor: 'founding', atMs: clock.now() }, world);
    });
  }

  return {
    app,
    doors,
    opened,
    close: async () => {
      for (const part of liveParts) await part.close();
      await app.close();
      await watch?.stop();
      await Promise.all([
        judge.stop(),
        letters.stop(),
        measures.stop(),
        batches.stop(),
        backTests.stop(),
        access.stop(),
        notices.stop(),
        volumes.stop(),
        certificates.stop(),
        ...rounds.map(round => round.stop()),
      ]);
      await cosigning.stop();
      await sequencer.flush().catch(() => undefined);
      await sequencer.stop();
      events.close();
      await opened.close();
    },
  };
}

/** The OpenID provider of the settings, with its secret out of the file. */
function providerOf(config: Config, clock: Clock): OpenIdProvider | null {
  const { provider } = config.access;
  if (provider === null) return null;
  const { clientSecretFile, ...rest } = provider;
  const clientSecret =
    clientSecretFile === undefined ? undefined : readFileSync(clientSecretFile, 'utf8').trim();
  const returnUrl = `${config.publicUrl}/api/v1/login/provider/back`;
  return openIdProvider({ ...rest, clientSecret, returnUrl }, clock);
}

/** The key that is to follow the ledger's, where the operator put one; it is made by them, never here. */
async function nextLedgerKey(folder: string): Promise<SigningKey | undefined> {
  const path = join(folder, 'ledger.key.next');
  return existsSync(path) ? openSigningKey(path) : undefined;
}

/** What a secret was before, by number: `name.1`, `name.2`, put aside by the operator when the secret is renewed. */
function oldSecrets(folder: string, name: string): ReadonlyMap<number, string> {
  const numbers = readdirSync(folder).flatMap(file => {
    const number = file.startsWith(`${name}.`) ? file.slice(name.length + 1) : '';
    return /^[1-9]\d{0,5}$/.test(number) ? [Number(number)] : [];
  });
  return new Map(
    numbers.map(number => [number, readFileSync(join(folder, `${name}.${number}`), 'utf8').trim()]),
  );
}

/** A random hexadecimal text that this installation keeps in a file of its own; made at first use, whole or not at all. */
function keptSecret(path: string, sizeBytes = 32): string {
  if (!existsSync(path)) {
    const draft = `${path}.${randomId()}`;
    writeFileSync(draft, randomBytes(sizeBytes).toString('hex'), { mode: 0o600, flush: true });
    renameSync(draft, path);
  }
  return readFileSync(path, 'utf8').trim();
}
