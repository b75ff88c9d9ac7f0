/** The clocks of a case as they stand, for whoever shows them. */
export { type CaseClock, clocksOf } from './store.ts';
