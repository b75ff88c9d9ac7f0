/** Words for subscriptions of CAMARA IoT SIM Fraud Prevention. */
export const camaraEn = {
  camara: 'subscriptions of others to events of cards (CAMARA IoT SIM Fraud Prevention)',
  'camara.list': 'list the subscriptions of your party',
  'camara.none': 'No subscriptions.',
  'camara.end': 'end a subscription; its receiver is told nothing more',
  'camara.subscription': 'number of the subscription',
  'camara.ended': 'Subscription {id} has ended.',
  'camara.sink': 'Receiver',
  'subscription.ACTIVE': 'live',
  'subscription.INACTIVE': 'ended by the receiver',
  'subscription.EXPIRED': 'run out',
  'subscription.DELETED': 'deleted',
} as const;

export const camaraZh = {
  camara: '外部对卡事件的订阅（CAMARA IoT SIM Fraud Prevention）',
  'camara.list': '列出本方的订阅',
  'camara.none': '没有订阅。',
  'camara.end': '终止订阅；此后不再通知接收方',
  'camara.subscription': '订阅编号',
  'camara.ended': '订阅 {id} 已终止。',
  'camara.sink': '接收方',
  'subscription.ACTIVE': '生效中',
  'subscription.INACTIVE': '因接收方而终止',
  'subscription.EXPIRED': '已到期',
  'subscription.DELETED': '已删除',
} as const;
