import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet, tablesOf, USAGE_MAPPING } from '@thingward/simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { type ProviderProcess, startProvider } from '../measures/provider-process.ts';
import { dataFolder, type ServerProcess, startServer } from '../server-process.ts';

/**
 * One finding's whole life, by the command line as its user would live it, on the real server and a
 * connectivity platform of its own: each test goes on where the one before it ended.
 */
const QUIET_S = 4;
const fleet = makeFleet({ seed: 3, cards: 24, days: 4, endMs: Date.UTC(2026, 10, 20) });
const tables = tablesOf(fleet);
const [moved] = fleet.truth.filter(each => each.rule === 'card-in-another-device');
const [abroad] = fleet.truth.filter(each => each.rule === 'region-breach');
const FEED_MAPPING = {
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

interface Finding {
  readonly id: string;
  readonly ruleId: string;
  readonly observedAt: string;
  readonly standing: string;
  readonly caseId: number;
  readonly subject: { readonly id: number; readonly reference: string };
}
interface Measure {
  readonly id: number;
  readonly state: string;
  readonly effectiveAt: string | null;
  readonly steps: readonly { readonly to: string; readonly proof: { readonly by?: string } }[];
}
interface Case {
  readonly id: number;
  readonly state: string;
  readonly ownerLabel: string | null;
  readonly clocks: readonly { readonly clockId: string; readonly state: string; readonly dueAt: string }[];
  readonly acts: readonly { readonly kind: string; readonly detail: { readonly text?: string } }[];
  readonly measures: readonly Measure[];
}
interface Batch {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}
interface Items<T> {
  readonly items: readonly T[];
}

let folder: ReturnType<typeof dataFolder>;
let desk: string;
let server: ServerProcess;
let provider: ProviderProcess;
let thingward: CommandLine;

beforeAll(async () => {
  folder = dataFolder();
  desk = join(folder.path, 'desk');
  mkdirSync(desk);
  provider = await startProvider();
  server = await startServer(folder.path);
  thingward = commandLine(desk);
});
afterAll(async () => {
  await server?.stop();
  await provider?.stop();
  folder?.remove();
});

/** A file on the user's desk. */
function file(name: string, text: string): string {
  const path = join(desk, name);
  writeFileSync(path, text);
  return path;
}

const keyOf = (iccid: string) => (iccid.length === 20 ? iccid.slice(0, 19) : iccid);
const standing = async () =>
  (await thingward.json<Items<Finding>>('findings', 'list', '--limit', '500')).items.filter(
    finding => finding.standing !== 'withdrawn',
  );
const nameOf = (rule: string, iccid: string) => `${rule} ${keyOf(iccid)}`;
const named = (findings: readonly Finding[]) =>
  [...new Set(findings.map(each => nameOf(each.ruleId, each.subject.reference)))].sort();
const planted = fleet.truth.map(each => nameOf(each.rule, each.iccid)).sort();
const findingsOf = async (truth: { rule: string; iccid: string } | undefined) =>
  (await thingward.json<Items<Finding>>('findings', 'list', '--rule', truth!.rule, '--limit', '500')).items
    .filter(each => each.subject.reference === keyOf(truth!.iccid))
    .sort((a, b) => a.observedAt.localeCompare(b.observedAt));
const caseOf = (id: number) => thingward.json<Case>('cases', 'show', String(id));
const states = (measure: Measure) => measure.steps.map(step => step.to);
const measureIn = (state: string, id: number) =>
  until(`measure ${id} ${state}`, async () => {
    const measure = await thingward.json<Measure>('measures', 'show', String(id));
    return measure.state === state && measure;
  });

describe('one finding of a card that was moved to another device', () => {
  let caseId: number;
  let measureId: number;
  let evidence: string;

  test('the administrator signs in with the one-time password and chooses a new one', async () => {
    const { email, password } = server.first!;
    const once = file('once', password);
    const kept = file('kept', 'a long enough pass phrase 4');
    const login = ['login', server.address, '--email', email];
    const refused = await thingward.run(...login, '--password-file', kept);
    expect(refused.code).toBe(1);
    await thingward.json(...login, '--password-file', once, '--new-password-file', kept);
    expect((await thingward.run(...login, '--password-file', once)).code).toBe(1);
    await thingward.json(...login, '--password-file', kept);
  });

  test('contracts, cards, bindings and swap windows are registered, each table to the row', async () => {
    const wanted = {
      contracts: tables.contracts,
      cards: tables.cards,
      bindings: tables.bindings,
      'swap-windows': tables.swapWindows,
    };
    for (const [name, text] of Object.entries(wanted)) {
      const rows = text.trimEnd().split('\n').length - 1;
      const report = await thingward.json('import', name, file(`${name}.csv`, text));
      expect([name, report]).toMatchObject([name, { rows, registered: rows, refusedCount: 0 }]);
    }
  });

  test('the feed is balanced; the record with a rounded number waits, is mended and taken in', async () => {
    const mapping = file('usage.mapping.json', JSON.stringify(USAGE_MAPPING));
    await thingward.json('sources', 'add', 'usage', '--format', 'generic-csv', '--mapping', mapping);
    const bad = `bad-1,8.98601E+18,,46000,2026-11-16T10:00:00Z,10,10\n`;
    const usage = file('usage.csv', tables.usage + bad);
    const records = fleet.usage.length;
    expect(await thingward.json<Batch>('feed', 'usage', usage)).toMatchObject({
      received: records + 1,
      accepted: records,
      duplicate: 0,
      quarantined: 1,
    });
    expect(await thingward.json<Batch>('feed', 'usage', usage)).toMatchObject({ duplicate: records + 1 });
    const held = await thingward.json<Items<{ id: number; reason: string }>>('quarantine', 'list');
    expect(held.items).toMatchObject([{ reason: 'identifier-unreadable' }]);
    const id = String(held.items[0]!.id);
    const shown = await thingward.json<{ place: string; text: string }>('quarantine', 'show', id);
    expect(shown.text).toContain('8.98601E+18');
    expect((await thingward.run('quarantine', 'replay', id)).code).toBe(1);
    const mended = bad.trim().replace('8.98601E+18', fleet.cards[11]!.iccid);
    await thingward.json('quarantine', 'mend', id, '--text', mended);
    expect(await thingward.json('quarantine', 'show', id)).toMatchObject({ state: 'replayed' });
  });

  test('the findings are exactly the planted misuse, each from its first moment on; look-alikes stay silent', async () => {
    await until('all findings', async () => named(await standing()).length >= planted.length);
    await new Promise(resolve => setTimeout(resolve, 1_000));
    const found = await standing();
    expect(named(found)).toEqual(planted);
    for (const truth of fleet.truth) {
      const [first] = await findingsOf(truth);
      expect([truth.rule, Date.parse(first!.observedAt)]).toEqual([truth.rule, truth.sinceMs]);
    }
  });

  test('its case is open, its clock is armed, and a measure is suggested', async () => {
    const [finding] = await findingsOf(moved);
    caseId = finding!.caseId;
    const found = await caseOf(caseId);
    expect(found.state).toBe('open');
    expect(found.clocks.filter(clock => clock.state === 'running').map(clock => clock.clockId)).toContain(
      'card-misuse-disposal',
    );
    expect(found.acts.map(act => act.kind)).toContain('measure-suggested');
  });

  test('it is assigned and noted', async () => {
    const { me } = await thingward.json<{ me: { userId: string; label: string } }>(
      'login',
      server.address,
      '--email',
      server.first!.email,
      '--password-file',
      join(desk, 'kept'),
    );
    await thingward.json('cases', 'assign', String(caseId), me.userId);
    await thingward.json('cases', 'note', String(caseId), 'the holder was called');
    const found = await caseOf(caseId);
    expect(found.ownerLabel).toBe(me.label);
    expect(found.acts.map(act => act.kind)).toEqual(expect.arrayContaining(['assigned', 'note']));
  });

  test('no measure goes out without a provider; with one the card is suspended and the state confirmed', async () => {
    const early = await thingward.run('measures', 'order', String(caseId), 'suspend-card');
    expect([early.code, early.err]).toEqual([1, expect.stringContaining('provider-missing')]);
    const adapter = ['--adapter', 'simulated-provider', '--quiet', String(QUIET_S)];
    await thingward.json('providers', 'add', 'carrier', '--url', provider.url, ...adapter);
    const ordered = await thingward.json<Measure>('measures', 'order', String(caseId), 'suspend-card');
    measureId = ordered.id;
    const effective = await measureIn('effective', measureId);
    expect(states(effective)).toEqual(['decided', 'ordered', 'accepted', 'effective']);
    expect(await provider.stateOf(keyOf(moved!.iccid))).toBe('suspended');
    const again = await thingward.json<Measure>('measures', 'order', String(caseId), 'suspend-card');
    expect(again.id).toBe(measureId);
  });

  test('a refused attempt comes back by the feed of the provider, and the measure is verified', async () => {
    const mapping = file('attempts.mapping.json', JSON.stringify(FEED_MAPPING));
    await thingward.json('sources', 'add', 'attempts', '--format', 'generic-csv', '--mapping', mapping);
    expect(await provider.attempt(keyOf(moved!.iccid), Date.now())).toBe('refused');
    const attempts = await (await fetch(`${provider.url}/feed.csv`)).text();
    const batch = await thingward.json<Batch>('feed', 'attempts', file('attempts.csv', attempts));
    expect(batch).toMatchObject({ accepted: 1, quarantined: 0 });
    const verified = await measureIn('verified', measureId);
    expect(verified.steps.at(-1)?.proof.by).toBe('refused-attempt');
    const clocks = (await caseOf(caseId)).clocks;
    expect(clocks.find(clock => clock.clockId === 'card-misuse-disposal')?.state).toBe('met');
  });

  test('it is lifted, the card works again, and the case is closed', async () => {
    await thingward.json('measures', 'lift', String(measureId), '--reason', 'the holder showed the device');
    const lifted = await measureIn('lifted', measureId);
    expect(states(lifted).slice(-3)).toEqual(['lift-ordered', 'lift-accepted', 'lifted']);
    expect(await provider.attempt(keyOf(moved!.iccid), Date.now())).toBe('accepted');
    await thingward.json('cases', 'close', String(caseId), '--reason', 'device change shown');
    const found = await caseOf(caseId);
    expect(found.state).toBe('closed');
    const note = await thingward.run('cases', 'close', String(caseId), '--reason', 'again');
    expect([note.code, note.err]).toEqual([1, expect.stringContaining('case-closed')]);
  });

  test('its evidence verifies and the verdict is repeated offline from the folder alone', async () => {
    evidence = join(desk, 'evidence');
    await until('every entry under a checkpoint', async () => {
      rmSync(evidence, { recursive: true, force: true });
      await thingward.json('evidence', String(caseId), '--out', evidence);
      return readdirSync(join(evidence, 'proofs')).every(name => !name.startsWith('unnumbered'));
    });
    const verified = await thingward.json<{ failed: number; checks: { isGood: boolean }[] }>(
      'verify',
      evidence,
    );
    expect(verified).toMatchObject({ failed: 0, keyFrom: 'folder', isProved: false });
    expect(verified.checks.length).toBeGreaterThan(10);
    const answer = await fetch(`${server.address}/api/v1/ledger/key`);
    const { verifierKey } = (await answer.json()) as { verifierKey: string };
    expect(await thingward.json('verify', evidence, '--key', verifierKey)).toMatchObject({
      failed: 0,
      keyFrom: 'given',
      isProved: true,
    });
    const repeated = await thingward.json<{ isGood: boolean; findings: object[] }>('rejudge', evidence);
    expect(repeated).toMatchObject({
      isGood: true,
      findings: [{ isRepeated: true, hasSameInputs: true, isSealed: true }],
    });
  });

  describe('a copy of its evidence', () => {
    /** A copy with some files changed and, as a careful forger would, the sums beside them made to fit or left out. */
    function forged(name: string, change: (path: string) => void): string {
      const copy = join(desk, name);
      cpSync(evidence, copy, { recursive: true });
      rmSync(join(copy, 'SHA256SUMS'));
      change(copy);
      return copy;
    }
    const rewrite = (path: string, from: string | RegExp, to: string) => {
      const before = readFileSync(path, 'utf8');
      const after = before.replace(from, to);
      expect(after).not.toBe(before);
      writeFileSync(path, after);
    };
    const first = (copy: string, ext: string) =>
      join(
        copy,
        'proofs',
        readdirSync(join(copy, 'proofs'))
          .filter(name => name.endsWith(ext))
          .sort()[0]!,
      );
    const refusal = async (copy: string) => {
      const said = await thingward.run('verify', copy, '--json');
      const { checks } = JSON.parse(said.out) as { checks: { isGood: boolean; code?: string }[] };
      return [said.code, ...new Set(checks.filter(check => !check.isGood).map(check => check.code))];
    };

    test.each([
      ['entry', '.entry', /"act":"/, '"act":"x', 'proof-invalid'],
      ['proof', '.tlog-proof', /^index \d+$/m, 'index 0', 'proof-invalid'],
      ['hash of a proof', '.tlog-proof', /(index \d+\n)[A-Za-z0-9+/]{8}/, '$1AAAAAAAA', 'proof-invalid'],
      [
        'checkpoint in a proof',
        '.tlog-proof',
        /(\n\n[^\n]+\n\d+\n)[A-Za-z0-9+/]{8}/,
        '$1AAAAAAAA',
        'signature-invalid',
      ],
      ['signature of a checkpoint', '.tlog-proof', /(— \S+ \S{20})\S{8}/, '$1AAAAAAAA', 'signature-invalid'],
    ])('with a changed %s is refused with its reason', async (what, ext, from, to, code) => {
      const copy = forged(`changed ${what}`, path => rewrite(first(path, ext), from, to));
      expect(await refusal(copy)).toEqual([1, code]);
    });

    test('with any file changed no longer agrees with its sums', async () => {
      for (const [i, name] of [
        'observations.ndjson',
        'rule.yaml',
        'checkpoint',
        'restrictions.json',
      ].entries()) {
        const copy = join(desk, `sums-${i}`);
        cpSync(evidence, copy, { recursive: true });
        writeFileSync(join(copy, name), `${readFileSync(join(copy, name), 'utf8')} `);
        expect([name, await refusal(copy)]).toEqual([name, [1, 'sums']]);
      }
    });

    test('with a changed observation or finding does not give the same verdict; one that does is told by its inputs', async () => {
      const judged = async (copy: string) => {
        const said = await thingward.run('rejudge', copy, '--json');
        const { isGood, findings } = JSON.parse(said.out);
        return [said.code, isGood, findings[0]];
      };
      const device = forged('changed device', path =>
        rewrite(join(path, 'observations.ndjson'), /"imei":"\d{14}"/g, '"imei":"86990000000000"'),
      );
      expect(await judged(device)).toMatchObject([1, false, { isRepeated: false, hasSameInputs: false }]);
      const severity = forged('changed finding', path =>
        rewrite(join(path, 'findings.json'), '"inputs": {', '"inputs": { "more": 1,'),
      );
      expect(await judged(severity)).toMatchObject([1, false, { isSealed: false }]);
      const window = forged('changed restriction', path =>
        rewrite(join(path, 'restrictions.json'), /"imei": "\d{14}"/, '"imei": "86990000000000"'),
      );
      expect(await judged(window)).toMatchObject([0, true, { isRepeated: true, hasSameInputs: false }]);
      // The terms are read from the folder, not reckoned from the catalogues that lie where it is judged again.
      const terms = forged('changed terms', path => {
        const file = join(path, 'restrictions.json');
        const told = JSON.parse(readFileSync(file, 'utf8'));
        for (const stretch of told.terms) stretch.terms.swapWindow = true;
        writeFileSync(file, JSON.stringify(told));
      });
      expect(await judged(terms)).toMatchObject([1, false, { isRepeated: false, hasSameInputs: false }]);
    });
  });
});

describe('what is learnt later', () => {
  const contract = (regions: string) => tables.contracts.replace(/,460,/, `,${regions},`);
  let caseId: number;
  let measureId: number;

  test('a quiet card is verified when its feed has gone on past it', async () => {
    const [finding] = await findingsOf(abroad);
    caseId = finding!.caseId;
    const ordered = await thingward.json<Measure>('measures', 'order', String(caseId), 'suspend-card');
    measureId = ordered.id;
    const { effectiveAt } = await measureIn('effective', measureId);
    await new Promise(resolve => setTimeout(resolve, 1_500));
    expect((await thingward.json<Measure>('measures', 'show', String(measureId))).state).toBe('effective');
    const laterMs = Date.parse(effectiveAt!) + (QUIET_S + 1) * 1000;
    await new Promise(resolve => setTimeout(resolve, Math.max(0, laterMs - Date.now())));
    const later = new Date(laterMs).toISOString();
    const other = fleet.cards[11]!;
    const line = `later-1,${other.iccid},${other.imeisv},46000,${later},10,10`;
    const header = tables.usage.split('\n')[0];
    await thingward.json('feed', 'usage', file('later.csv', `${header}\n${line}\n`));
    const verified = await measureIn('verified', measureId);
    expect(verified.steps.at(-1)?.proof.by).toBe('quiet-feed');
  });

  test('a region widened for the past withdraws the findings and proposes lifting the measure', async () => {
    await thingward.json('import', 'contracts', file('wider.csv', contract('460 454')));
    await until('withdrawn', async () =>
      (await findingsOf(abroad)).every(finding => finding.standing === 'withdrawn'),
    );
    const left = planted.filter(name => !name.startsWith('region-breach'));
    expect(named(await standing())).toEqual(left);
    const acts = (await caseOf(caseId)).acts.map(act => act.kind);
    expect(acts).toEqual(expect.arrayContaining(['finding-withdrawn', 'lift-proposed']));
    const measure = await thingward.json<Measure>('measures', 'show', String(measureId));
    expect(measure.state).toBe('verified');
  });

  test('narrowed again, the same findings stand again', async () => {
    const before = await findingsOf(abroad);
    await thingward.json('import', 'contracts', file('narrow.csv', contract('460')));
    await until('reinstated', async () =>
      (await findingsOf(abroad)).every(finding => finding.standing === 'reinstated'),
    );
    expect((await findingsOf(abroad)).map(each => each.id)).toEqual(before.map(each => each.id));
    expect(named(await standing())).toEqual(planted);
    expect((await caseOf(caseId)).acts.map(act => act.kind)).toContain('finding-reinstated');
  });

  test('a late record moves the change of device to its own time', async () => {
    const truth = fleet.truth.filter(each => each.rule === 'card-in-another-device')[1]!;
    const [before] = await findingsOf(truth);
    const own = fleet.usage.filter(each => each.iccid === truth.iccid);
    const changed = own.find(each => each.atMs === truth.sinceMs)!;
    const earlierMs = changed.atMs - 60_000;
    const line = [
      'late-1',
      truth.iccid,
      changed.imeisv,
      '46000',
      new Date(earlierMs).toISOString(),
      '1',
      '1',
    ].join(',');
    const header = tables.usage.split('\n')[0];
    await thingward.json('feed', 'usage', file('late.csv', `${header}\n${line}\n`));
    const [first, second] = await until('judged again', async () => {
      const found = await findingsOf(truth);
      return found.length === 2 && found;
    });
    expect([Date.parse(first!.observedAt), first!.standing]).toEqual([earlierMs, 'found']);
    expect([second!.id, second!.standing]).toEqual([before!.id, 'withdrawn']);
    expect(second!.caseId).toBe(first!.caseId);
    const acts = (await caseOf(first!.caseId)).acts.map(act => act.kind);
    expect(acts).toContain('finding-withdrawn');
    expect(acts).not.toContain('lift-proposed');
  });

  test('a withdrawn and reinstated finding is repeated offline like any other', async () => {
    const folderOf = join(desk, 'evidence-again');
    await thingward.json('evidence', String(caseId), '--out', folderOf);
    expect(await thingward.json('rejudge', folderOf)).toMatchObject({ isGood: true });
    expect(await thingward.json('verify', folderOf)).toMatchObject({ failed: 0 });
  });
});
