import type { RecordFormat } from '../../../spine/observations/format.ts';
import { simsOf1nce } from './1nce-sims.ts';
import { camaraEvents } from './camara-events.ts';
import { ciscoControlCenter } from './cisco-control-center.ts';
import { connectedYou } from './connectedyou.ts';
import { emnifyEvents } from './emnify-events.ts';
import { emnifyUsage } from './emnify-usage.ts';
import { freeradiusDetail } from './freeradius-detail.ts';
import { genericCsv } from './generic-csv.ts';
import { genericJson } from './generic-json.ts';
import { hologram } from './hologram.ts';
import { huaweiGsl } from './huawei-gsl.ts';
import { linkcard } from './linkcard.ts';
import { onelink } from './onelink.ts';
import { onomondo } from './onomondo.ts';
import { osmoSgsn } from './osmo-sgsn.ts';
import { pgwCdr } from './pgw-cdr.ts';
import { recordTable } from './record-table.ts';
import { soracom } from './soracom.ts';
import { tap3 } from './tap3.ts';
import { telnyx } from './telnyx.ts';
import { twilioSupersim } from './twilio-supersim.ts';
import { wavely } from './wavely.ts';

/** Every record format that cards are observed by: a new one is its file, a sample beside it, and a line here. */
export const FORMATS: readonly RecordFormat[] = [
  tap3,
  pgwCdr,
  freeradiusDetail,
  osmoSgsn,
  emnifyUsage,
  emnifyEvents,
  simsOf1nce,
  soracom,
  hologram,
  twilioSupersim,
  telnyx,
  onomondo,
  wavely,
  connectedYou,
  ciscoControlCenter,
  onelink,
  huaweiGsl,
  linkcard,
  camaraEvents,
  genericCsv,
  genericJson,
  recordTable,
];
