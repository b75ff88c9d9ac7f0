import { NINE } from './classes.ts';
import type { Day, Script, Use } from './model.ts';
import { addedFromTurn, further, lookAlike, misuse, restOfPlan } from './script.ts';
import { putVolume } from './use.ts';

const HUMAN = 'human-internet';
const BEYOND = 'undirected-data';
const ANY = NINE;
const HOST = 'iot.example.com';

const flow = (change: Partial<Use>) =>
  addedFromTurn((day: Day) =>
    further(day, 11, change).map(use => {
      putVolume(use, 900);
      return use;
    }),
  );
const told = { classes: ANY, needs: ['destination'] } as const;
const isFlow = () => (use: Use) => use.destination !== '' || use.application !== '';
const directed = () => ({ destinations: HOST });

/** Cards that reach what nobody directed them to, and all that looks so. */
export const REACH_SCRIPTS: readonly Script[] = [
  misuse(HUMAN, 'chats', { ...told, uses: flow({ destination: 'short.weixin.qq.com' }), watch: isFlow }),
  misuse(HUMAN, 'watches-films', { ...told, uses: flow({ application: 'douyin' }), watch: isFlow }),
  lookAlike(HUMAN, 'directed', 'terminal-of-a-shop', {
    ...told,
    own: () => ({ destinations: 'pos.jd.com' }),
    uses: flow({ destination: 'api.pos.jd.com' }),
  }),
  lookAlike(HUMAN, 'shared-host', 'on-a-shared-network', {
    ...told,
    uses: flow({ application: 'game', destination: 'a7.cdn20.com' }),
  }),
  lookAlike(HUMAN, 'name-resolver', 'asks-for-a-name', {
    ...told,
    uses: flow({ application: 'wechat', destination: 'doh.pub' }),
  }),
  lookAlike(HUMAN, 'probe', 'probes-for-a-portal', {
    ...told,
    uses: flow({ application: 'game', destination: 'captive.apple.com' }),
  }),
  lookAlike(HUMAN, 'test-bench', 'films-on-a-bench', {
    ...told,
    classes: ['test-bench'],
    uses: flow({ application: 'douyin' }),
  }),
  lookAlike(HUMAN, null, 'reaches-its-platform', { ...told, uses: flow({ destination: `mqtt.${HOST}` }) }),
  misuse(BEYOND, 'reaches-beyond', {
    ...told,
    own: directed,
    uses: flow({ destination: 'files.example.net' }),
    watch: isFlow,
  }),
  lookAlike(BEYOND, 'name-resolver', 'asks-for-a-name-beyond', {
    ...told,
    own: directed,
    uses: flow({ destination: 'dns.alidns.com' }),
  }),
  lookAlike(BEYOND, 'probe', 'asks-for-the-time', {
    ...told,
    own: directed,
    uses: flow({ destination: 'cn.pool.ntp.org' }),
  }),
  lookAlike(BEYOND, 'campaign', 'updated-from-elsewhere', {
    ...told,
    own: directed,
    rows: (card, plan) => ({
      campaigns: [{ iccid: card.iccid, ...restOfPlan(card, plan), reason: 'update' }],
    }),
    uses: flow({ destination: 'updates.example.net' }),
  }),
  lookAlike(BEYOND, null, 'reaches-what-is-directed', {
    ...told,
    own: directed,
    uses: flow({ destination: `a.b.${HOST}` }),
  }),
];
