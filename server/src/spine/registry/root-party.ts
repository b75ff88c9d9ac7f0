export { isRootParty, rootParty } from './dossiers/store.ts';
