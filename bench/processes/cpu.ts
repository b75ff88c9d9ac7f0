import { readdirSync, readFileSync } from 'node:fs';

/** Microseconds of CPU that a process has used, in all its threads (proc_pid_stat(5): fields 14 and 15, in hundredths of a second). */
export function cpuOf(pid: number | undefined, isReaped = false): number {
  const fields = fieldsOf(pid);
  const own = Number(fields[11]) + Number(fields[12]);
  return (isReaped ? own + Number(fields[13]) + Number(fields[14]) : own) * 10_000;
}

/** Of PostgreSQL: the postmaster, its children, and those that have ended. */
export function postgresCpu(postmaster: number): number {
  let sum = cpuOf(postmaster, true);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (parentOf(Number(name)) === postmaster) sum += cpuOf(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  return sum;
}

export function parentOf(pid: number): number {
  return Number(fieldsOf(pid)[1]);
}

/** From the third on: what stands before may hold spaces. */
function fieldsOf(pid: number | undefined): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
