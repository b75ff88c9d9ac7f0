export { type ClearExport, clearExportById, listClearExports } from './store.ts';
