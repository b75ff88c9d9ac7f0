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
export { type FleetTables, tablesOf, USAGE_MAPPING, usageTable } from './tables.ts';
