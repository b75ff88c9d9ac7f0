export {
  type Dirty,
  markAllDirty,
  takeDirtyRows as takeDirty,
  takeDirtyRowsOf as takeDirtyOf,
} from './dossiers/store.ts';
