export { countsOf, listBatches } from './store.ts';
