import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const HEAD = 'record_id,time,iccid,outcome,cause,bytes_up,bytes_down\n';

/** The platform's own record of attempts, as a CSV its customers fetch; times are UTC with milliseconds. */
export interface Feed {
  write(row: {
    atMs: number;
    iccid: string;
    outcome: string;
    cause: string | null;
    bytesUp: number;
    bytesDown: number;
  }): void;
  read(): string;
}

export function openFeed(dir: string): Feed {
  const path = join(dir, 'attempts.csv');
  if (!existsSync(path)) appendFileSync(path, HEAD);
  let count = readFileSync(path, 'utf8').split('\n').length - 2;
  return {
    write: row => {
      count += 1;
      const moved = row.outcome === 'accepted' ? [row.bytesUp, row.bytesDown] : [0, 0];
      const cells = [
        `A${count}`,
        new Date(row.atMs).toISOString(),
        row.iccid,
        row.outcome,
        row.cause ?? '',
        ...moved,
      ];
      appendFileSync(path, `${cells.join(',')}\n`);
    },
    read: () => readFileSync(path, 'utf8'),
  };
}
