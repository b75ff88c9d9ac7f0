/** A witness and a monitor of ledgers, for whoever wants to build them into something else. */
export { type Cosigner, cosignerOf, openCosigner } from './cosigner.ts';
export { type Hold, holdFolder } from './hold.ts';
export { witnessServer } from './http.ts';
export type { Alarm, AlarmKind } from './monitor/alarms.ts';
export { type AskedWitness, type LookPlan, look } from './monitor/look.ts';
export { type Monitor, openMonitor, type Round } from './monitor/monitor.ts';
export { type Fetch, logAt, overHttp } from './monitor/reader.ts';
export { parseWatch, type Watch } from './monitor/watches.ts';
export { type WitnessCode, WitnessRefusal } from './refusal.ts';
export { type Answer, openWitness, originHash, type Witness, type WitnessOptions } from './witness.ts';
