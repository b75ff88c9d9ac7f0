export { type Dirty, markAllDirty, takeDirtyRows as takeDirty } from './dossiers/store.ts';
