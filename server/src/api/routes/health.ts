import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { App, Doors } from '../app.ts';

/** Liveness, readiness and metrics; open to all, and without a word about any party. */
export function healthRoutes(app: App, doors: Doors): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'thingward_' });
  const took = new Histogram({
    name: 'thingward_http_request_seconds',
    help: 'How long requests took, by route pattern, method and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  const refused = new Counter({
    name: 'thingward_http_refused_total',
    help: 'Requests answered with 401, 403 or 429.',
    labelNames: ['status'],
    registers: [registry],
  });
  new Gauge({
    name: 'thingward_ready',
    help: '1 when the server can serve.',
    registers: [registry],
    async collect() {
      this.set((await doors.status.notReady()).length === 0 ? 1 : 0);
    },
  });

  new Gauge({
    name: 'thingward_witness_cosigns',
    help: '1 while a witness of the ledger cosigns, 0 while it has trouble; saw-another-history is an alarm.',
    labelNames: ['witness', 'trouble'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, trouble } of doors.status.witnesses())
        this.set({ witness: name, trouble: trouble ?? 'none' }, trouble === null ? 1 : 0);
    },
  });

  new Gauge({
    name: 'thingward_load',
    help: 'What waits: records and bytes posted, accept commits, uploads under way, chunks and records not judged yet; and posts refused since the start.',
    labelNames: ['what'],
    registers: [registry],
    async collect() {
      for (const [what, count] of Object.entries(await doors.status.load())) this.set({ what }, count);
    },
  });

  new Gauge({
    name: 'thingward_storm',
    help: 'The watch after blocks: blocks watched, attempts turned away over all and at the worst provider, the bound, providers that pause.',
    labelNames: ['what'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const [what, count] of Object.entries((await doors.status.storm()) ?? {}))
        this.set({ what }, count);
    },
  });

  new Gauge({
    name: 'thingward_source_volume_jumps',
    help: 'Sources whose volumes leapt by about 1000 or 1,000,000, as if their unit had changed, and that nobody has answered for.',
    registers: [registry],
    async collect() {
      this.set(await doors.status.volumeJumps());
    },
  });

  new Gauge({
    name: 'thingward_judge_left_out',
    help: 'What judging left out for a bound since the start, by reason: keys too many subjects bear, claims with too many keys.',
    labelNames: ['why'],
    registers: [registry],
    collect() {
      for (const [why, count] of doors.status.leftOut()) this.set({ why }, count);
    },
  });

  new Gauge({
    name: 'thingward_judge_rule_errors',
    help: 'Records a rule could not be evaluated on since the start, by rule; judging again counts again.',
    labelNames: ['rule'],
    registers: [registry],
    collect() {
      for (const [rule, count] of doors.status.ruleErrors()) this.set({ rule }, count);
    },
  });

  new Gauge({
    name: 'thingward_judge_thread_records',
    help: 'Records judged by each thread of judging since it was opened, by partition; none where the main thread judges.',
    labelNames: ['partition'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [p, count] of doors.status.judgedBy().entries())
        this.set({ partition: `partition/${p}` }, count);
    },
  });

  new Gauge({
    name: 'thingward_judge_threads_lost',
    help: 'How often a thread of judging ended by itself since the start, by partition; its step was judged again.',
    labelNames: ['partition'],
    registers: [registry],
    collect() {
      for (const [partition, count] of doors.status.threadsLost()) this.set({ partition }, count);
    },
  });

  app.shortWays.hear(({ route, method, status, tookMs }) => {
    took.observe({ route, method, status: String(status) }, tookMs / 1_000);
    if (status === 401 || status === 403 || status === 429) refused.inc({ status: String(status) });
  });

  app.get('/healthz', { schema: { tags: ['health'], security: [] } }, async () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { tags: ['health'], security: [] } }, async (_request, reply) => {
    const notReady = await doors.status.notReady();
    if (notReady.length > 0) reply.code(503);
    return { status: notReady.length === 0 ? 'ready' : 'not-ready', notReady };
  });

  app.get('/metrics', { schema: { tags: ['health'], security: [] } }, async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
}
