/**
 * Application tags of GSMA TD.57 (TAP 3), TD.32 (RAP) and TD.35 (NRTRDE), by number: the name and how the
 * content is written. `text` visible characters, `int` two's complement, `bcd` digits packed from the high
 * nibble and padded with F, `hex` octets. Facts of the standards, as the sample files show them.
 */
export type FieldForm = 'sequence' | 'text' | 'int' | 'bcd' | 'hex' | 'octets';
export interface TagName {
  readonly name: string;
  readonly form: FieldForm;
}

function table(lines: string): ReadonlyMap<number, TagName> {
  const entries = lines
    .trim()
    .split(/\s*\n\s*/)
    .map(line => line.split(' '))
    .map(
      ([tag, name, form]) =>
        [Number(tag), { name: name ?? '', form: (form ?? 'sequence') as FieldForm }] as const,
    );
  return new Map(entries);
}

/** TAP 3 and RAP share one tag space. */
export const TAP_TAGS = table(`
  1 TransferBatch
  2 Notification
  3 CallEventDetailList
  4 BatchControlInfo
  5 AccountingInfo
  6 NetworkInfo
  9 MobileOriginatedCall
  10 MobileTerminatedCall
  11 SupplServiceEvent
  12 ServiceCentreUsage
  14 GprsCall
  15 AuditControlInfo
  16 LocalTimeStamp text
  17 ContentTransaction
  36 BasicService
  38 BasicServiceUsedList
  39 BasicServiceUsed
  40 BearerServiceCode text
  41 CallOriginator
  43 CallEventDetailsCount int
  44 CallEventStartTimeStamp
  45 CallReference octets
  59 CellId int
  62 Charge int
  63 ChargeDetail
  64 ChargeDetailList
  66 ChargedItem text
  69 ChargeInformation
  70 ChargeInformationList
  71 ChargeType text
  72 ChargingId int
  74 ChargingTimeStamp
  80 CurrencyConversionList
  89 Destination
  101 EarliestCallTimeStamp
  103 Esn int
  104 ExchangeRate int
  105 ExchangeRateCode int
  106 CurrencyConversion
  107 FileAvailableTimeStamp
  108 FileCreationTimeStamp
  109 FileSequenceNumber text
  114 GprsBasicCallInformation
  115 GprsChargeableSubscriber
  116 GprsDestination
  117 GprsLocationInformation
  118 GprsNetworkLocation
  121 GprsServiceUsed
  128 Imei bcd
  129 Imsi bcd
  133 LatestCallTimeStamp
  135 LocalCurrency text
  136 LocationArea int
  138 LocationInformation
  147 MoBasicCallInformation
  152 Msisdn bcd
  153 MtBasicCallInformation
  156 NetworkLocation
  159 NumberOfDecimalPlaces int
  162 OperatorSpecInfoList
  163 OperatorSpecInformation text
  181 RapFileSequenceNumber text
  182 Recipient text
  183 RecEntityInformation
  184 RecEntityCode int
  185 RecEntityCodeList
  186 RecEntityType int
  188 RecEntityInfoList
  189 ReleaseVersionNumber int
  196 Sender text
  199 SimChargeableSubscriber
  201 SpecificationVersionNumber int
  206 SupplServiceUsed
  208 SupplServiceActionCode int
  209 SupplServiceCode text
  218 TeleServiceCode text
  223 TotalCallEventDuration int
  225 TotalDiscountValue int
  226 TotalTaxValue int
  227 TransferCutOffTimeStamp
  231 UtcTimeOffset text
  232 UtcTimeOffsetCode int
  233 UtcTimeOffsetInfo
  234 UtcTimeOffsetInfoList
  244 TapDecimalPlaces int
  250 DataVolumeIncoming int
  251 DataVolumeOutgoing int
  261 AccessPointNameNI text
  262 AccessPointNameOI text
  279 DialledDigits text
  400 RecEntityId text
  405 CallingNumber bcd
  407 CalledNumber bcd
  410 ChargeDetailTimeStamp
  415 TotalCharge int
  419 SMSDestinationNumber text
  425 SMSOriginator text
  426 BasicServiceCode
  427 ChargeableSubscriber
  429 ImeiOrEsn
  433 MessagingEvent
  434 MobileSession
  515 AckFileAvailableTimeStamp
  516 AckFileCreationTimeStamp
  525 RapFileAvailableTimeStamp
  526 RapFileCreationTimeStamp
  534 ReturnBatch
  535 Acknowledgement
  537 RapBatchControlInfo
  543 RapReleaseVersionNumber int
  544 RapSpecificationVersionNumber int
`);

/** NRTRDE has a tag space of its own, although its outermost tag is the same as a transfer batch's. */
export const NRTRDE_TAGS = table(`
  1 Nrtrde
  2 CallEventList
  3 Moc
  4 Mtc
  5 Gprs
  16 AccessPointNameNI text
  20 CallEventsCount int
  19 CallEventDuration int
  21 CallEventStartTimeStamp text
  22 CallingNumber text
  24 CauseForTermination int
  25 ChargeAmount int
  27 ConnectedNumber text
  28 DataVolumeIncoming int
  29 DataVolumeOutgoing int
  31 FileAvailableTimeStamp text
  32 GgsnAddress text
  34 Imsi bcd
  35 RecEntityId text
  36 Recipient text
  37 ReleaseVersionNumber int
  38 Sender text
  39 SequenceNumber text
  40 SgsnAddress text
  41 SpecificationVersionNumber int
  43 TeleServiceCode text
  45 UtcTimeOffset text
  46 ServiceCode
`);
