export { type Dirty, isRootParty, markAllDirty, takeDirtyRows as takeDirty } from './dossiers/store.ts';
