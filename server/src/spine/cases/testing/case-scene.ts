import { readFileSync } from 'node:fs';
import type { Database } from '../../../kernel/database/transaction.ts';
import { readClockCatalogue } from '../../clocks/catalogue.ts';
import { record } from '../../findings/findings.ts';
import { type Finder, makeFinder } from '../../findings/testing/finder.ts';
import type { CaseDesk } from '../case.ts';
import { type Opened, type OpenFinding, openFor } from '../open.ts';

const CATALOGUE = new URL('../../../../../content/catalogues/clocks/cards.yaml', import.meta.url);

/** A finder whose findings become cases, with the clocks that ship. */
export interface CaseScene extends Finder {
  readonly desk: CaseDesk;
  /** Records a finding and opens its case as judging does, in one transaction. */
  raise(finding: OpenFinding): Promise<Opened | null>;
}

export async function makeCaseScene(database: Database): Promise<CaseScene> {
  const finder = await makeFinder(database);
  const desk = { catalogues: [readClockCatalogue(readFileSync(CATALOGUE, 'utf8'), 'cards.yaml')] };
  const raise = (found: OpenFinding): Promise<Opened | null> =>
    database.corridor(async tx => {
      const occasion = { atMs: finder.clock.now(), actor: 'corridor', reason: 'judged' };
      await record(tx, [found], [], [], occasion);
      return await openFor(tx, desk, found, occasion);
    });
  return { ...finder, desk, raise };
}
