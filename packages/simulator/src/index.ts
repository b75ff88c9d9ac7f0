export { cardsOf } from './card.ts';
export { chance, mixed } from './chance.ts';
export { CLASSES, NINE } from './classes.ts';
export { lateDays, usesInFile, usesOf, usesUpTo } from './days.ts';
export type { Fact } from './facts.ts';
export { type Feed, FLEET_FORMATS, type FleetFormat, feedsOf } from './feeds.ts';
export {
  type Card,
  CONTRACT,
  type Fleet,
  type FleetPlan,
  MISUSE,
  makeFleet,
  type Plant,
  type Truth,
  type UsageRecord,
} from './fleet.ts';
export type { Row, Script, SimulatedCard, TableName, Use } from './model.ts';
export { DAY_MS, endMs, HOUR_MS, type Plan, receivedMs, USUAL_FROM_MS } from './plan.ts';
export type { Register } from './registers.ts';
export { registersOf, TABLES } from './registers.ts';
export { type Hours, type Score, type ScoredFinding, scoreOf, type Tally } from './score.ts';
export { SCRIPTS } from './scripts.ts';
export { type FleetTables, tablesOf, USAGE_MAPPING, usageTable } from './tables.ts';
export { type FleetTruth, type LookAlike, type PlantedCase, truthOf, type Unseen } from './truth.ts';
export { FLEET_MAPPING, USAGE_HEADER, usageRow } from './usage-csv.ts';
export { detailRecord, isAccounting } from './usage-detail.ts';
export { isStreamed, streamedRecord } from './usage-emnify.ts';
export { hologramRecord, isFinishedSession } from './usage-hologram.ts';
export { hookedRecord, isHooked } from './usage-onomondo.ts';
export { isContext, OSMO_HEADER, osmoRecord } from './usage-osmo.ts';
export { isCounted, isWholeShare } from './usage-own.ts';
export { isBearer, PgwFile } from './usage-pgw.ts';
export { soracomRecords } from './usage-soracom.ts';
export { isCharged, TapFile, tadigOf } from './usage-tap.ts';
export { isDetailed, telnyxRecords } from './usage-telnyx.ts';
export { connectionEvent, isConnection } from './usage-twilio.ts';
export { isPushed, pushedRecord } from './usage-wavely.ts';
export { Workbook } from './usage-xlsx.ts';
export { type FleetFolder, writeFleet } from './write-fleet.ts';
