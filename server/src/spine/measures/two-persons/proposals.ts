export { listProposals, type Proposal } from './store.ts';
