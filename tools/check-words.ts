// Forbids clocks, chance, global fetch, eval, dynamic imports and the environment outside the files that own them.
import { files, report, text, unread } from './tree.ts';

interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  readonly except: RegExp;
}

/** A compiler is silenced from within a comment. */
const SILENCED = /@ts-(?:ignore|nocheck|expect-error)\b/;

const bans: Ban[] = [
  {
    what: 'Date.now (a Clock is handed in)',
    pattern: /\bDate\.now\b|new Date\(\)/,
    except: /^server\/src\/kernel\/(time|log)\.ts$/,
  },
  { what: 'Math.random', pattern: /\bMath\.random\b/, except: /^$/ },
  {
    what: 'global fetch',
    pattern: /(?<![.\w])fetch\(/,
    except: /^server\/src\/(modules\/[^/]+\/adapters\/|spine\/ledger\/witnesses\/over-http\.ts$)/,
  },
  { what: 'eval, new Function, vm', pattern: /\beval\(|new Function\b|node:vm\b/, except: /^$/ },
  { what: 'process.env', pattern: /\bprocess\.env\b/, except: /^server\/src\/config\.ts$/ },
  { what: 'dynamic import', pattern: /(?<![\w.])import\(/, except: /^server\/src\/kernel\/module-copy\.ts$/ },
  { what: 'a silenced check', pattern: /\bas any\b|: any\b/, except: /^$/ },
];

/** What runs in the server: tests and what only they use apart. */
const OF_SERVER = /^server\/src\/(?!.*(?:\.test\.ts$|\/testing\/|test-database\.ts$)).*\.[mc]?[jt]s$/;
const looked = files().filter(file => OF_SERVER.test(file));
const faults: string[] = unread(['server/src'], OF_SERVER, looked);
for (const file of looked) {
  text(file)
    .split('\n')
    .forEach((line, i) => {
      if (SILENCED.test(line)) faults.push(`${file}:${i + 1}: a silenced check`);
      const code = line
        .replace(/\/\/.*$/, '')
        .replace(/^\s*\*.*$/, '')
        .replace(/^\s*\/\*.*$/, '');
      for (const ban of bans) {
        if (ban.pattern.test(code) && !ban.except.test(file)) faults.push(`${file}:${i + 1}: ${ban.what}`);
      }
    });
}
report('words', looked.length, faults);
