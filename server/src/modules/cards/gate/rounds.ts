import { HOUR_MS } from '../../../kernel/time.ts';
import type { ModuleRound } from '../../../spine/module-route.ts';
import { lookAgain } from '../risk/assess.ts';
import { dueAgain } from '../risk/store.ts';
import { askMove, testsOver } from './store.ts';

const MOST_TESTS = 500;
const MOST_SUBJECTS = 50;
/** How old the dynamic part of somebody who may pass the gate becomes before it is looked at again. */
const DYNAMIC_REST_MS = HOUR_MS;

/** Ends test periods when their term is over, by the database's clock (C-08). */
export const testTermRound: ModuleRound = {
  name: 'card-test-terms',
  restMs: 5_000,
  step: ({ database }) =>
    database.corridor(async tx => {
      const over = await testsOver(tx, MOST_TESTS);
      if (over.length === 0) return false;
      await askMove(tx, 'corridor', { act: 'suspend', to: 'suspended', sets: { testDays: null } }, over);
      return over.length === MOST_TESTS;
    }),
};

/** Looks again at the dynamic risk of everybody who may pass the gate (C-02). */
export const dynamicRiskRound: ModuleRound = {
  name: 'card-dynamic-risk',
  restMs: 60_000,
  step: ({ database, clock }) =>
    database.corridor(async tx => {
      const now = clock.now();
      const due = await dueAgain(tx, now - DYNAMIC_REST_MS, MOST_SUBJECTS);
      for (const subject of due) await lookAgain(tx, subject, now);
      return due.length === MOST_SUBJECTS;
    }),
};
