// What `npm run prove` adds up: the lines `<kind> [<name>] <figure>=<value> …` that the tests print.

/** What the whole must come to (issue "Hardening", must show 1). */
export const PROMISED = { server: 100, database: 100, threads: 100, inputs: 100_000 };

const KINDS = ['kills', 'threads', 'fuzz', 'isolation'];

/** Lines that hold figures, as `{ kind, name, ...figures }`; whole numbers are numbers. */
export function figuresOf(lines) {
  return lines.flatMap(line => {
    const [kind, ...rest] = line.trim().split(' ');
    if (!KINDS.includes(kind) || !rest.some(word => word.includes('='))) return [];
    const name = rest.filter(word => !word.includes('=')).join(' ');
    const pairs = rest.filter(word => word.includes('=')).map(word => word.split('='));
    const figures = pairs.map(([key, value]) => [key, /^\d+(\.\d+)?$/.test(value) ? Number(value) : value]);
    return [{ kind, name, ...Object.fromEntries(figures) }];
  });
}

const of = (figures, kind) => figures.filter(each => each.kind === kind);
const sum = (figures, key) => figures.reduce((total, each) => total + (each[key] ?? 0), 0);
/** Parsers proper; requests, streams and whole intakes have measures of their own. */
const parsersOf = figures => of(figures, 'fuzz').filter(each => each.peak_heap_mb !== undefined);

/** Whatever of the promise was not kept, as sentences. */
export function faultsOf(figures) {
  const kills = of(figures, 'kills');
  const threads = of(figures, 'threads');
  const faults = [];
  const atLeast = (what, there, wanted) => {
    if (!(there >= wanted)) faults.push(`${what}: ${there} of ${wanted}`);
  };
  atLeast('kills of the server', sum(kills, 'server'), PROMISED.server);
  atLeast('kills of the database', sum(kills, 'database'), PROMISED.database);
  atLeast('ends of threads', sum(threads, 'ended'), PROMISED.threads);
  atLeast('attempts of the isolation suite', sum(of(figures, 'isolation'), 'attempts'), 1);
  atLeast('parsers', parsersOf(figures).length, 1);
  for (const each of parsersOf(figures)) atLeast(`inputs of ${each.name}`, each.inputs, PROMISED.inputs);
  for (const each of of(figures, 'fuzz')) if (each.crashes > 0) faults.push(`${each.name} crashed`);
  for (const each of [...kills, ...threads]) {
    if (each.lost !== 0) faults.push(`${each.kind}: ${each.lost} lost`);
    if (each.doubled !== 0) faults.push(`${each.kind}: ${each.doubled} doubled`);
    if (each.same_as_undisturbed !== 'true')
      faults.push(`${each.kind}: the end differs from an undisturbed run`);
  }
  return faults;
}

/** The figures for people, one line for each thing promised and one for each parser. */
export function summary(figures) {
  const parsers = parsersOf(figures).sort((a, b) => b.peak_heap_mb - a.peak_heap_mb);
  const lines = parsers.map(
    each =>
      `  ${each.name.padEnd(24)} ${String(each.inputs).padStart(7)} inputs, ${each.crashes} crashes, peak heap ${String(each.peak_heap_mb).padStart(3)} MB of ${each.bound_mb}, slowest ${each.slowest_ms} ms`,
  );
  const other = of(figures, 'fuzz').filter(each => each.peak_heap_mb === undefined);
  lines.push(...other.map(each => `  ${plainly(each)}`));
  if (parsers.length > 0)
    lines.push(
      `${parsers.length} parsers, ${sum(parsers, 'inputs')} inputs, ${sum(of(figures, 'fuzz'), 'crashes')} crashes, highest heap ${parsers[0].peak_heap_mb} MB (${parsers[0].name})`,
    );
  for (const kind of ['isolation', 'threads', 'kills'])
    lines.push(...of(figures, kind).map(each => `${kind} ${plainly(each)}`));
  return lines;
}

function plainly({ kind: _, name, ...figures }) {
  const told = Object.entries(figures).map(([key, value]) => `${key.replaceAll('_', ' ')} ${value}`);
  return [...(name === '' ? [] : [name]), told.join(', ')].join(': ');
}
