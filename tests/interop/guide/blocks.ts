/** A fenced block of commands, what is typed into it, and what the guide says that it prints. */
export interface Step {
  /** The line of the guide where the commands begin, from 1. */
  readonly line: number;
  readonly commands: string;
  /** Whose terminal it is; two of one name share what was exported. */
  readonly terminal: string;
  /** Given again until it prints what is told. */
  readonly isAgain: boolean;
  /** It is to be refused. */
  readonly isRefused: boolean;
  readonly typed: string;
  /** Null where the guide does not say. */
  readonly prints: string | null;
}

const FLAGS = ['again', 'fails'];

/**
 * The steps of a guide in their order: a block `sh`, behind it perhaps `text typed`, behind it perhaps `text`.
 * A block of any other kind belongs to no step; one that belongs nowhere is a fault of the guide and thrown.
 */
export function stepsOf(guide: string): Step[] {
  const steps: Step[] = [];
  for (const { line, info, body } of fencesIn(guide)) {
    const [kind = '', ...words] = info.split(/\s+/);
    if (kind === 'sh') {
      const [terminal = 'operator'] = words.filter(word => !FLAGS.includes(word));
      const asked = { isAgain: words.includes('again'), isRefused: words.includes('fails') };
      steps.push({ line, commands: body, terminal, ...asked, typed: '', prints: null });
      continue;
    }
    if (kind !== 'text') continue;
    const last = steps.at(-1);
    if (last === undefined || last.prints !== null) throw new Error(`line ${line}: text of no command`);
    steps[steps.length - 1] = words[0] === 'typed' ? { ...last, typed: body } : { ...last, prints: body };
  }
  return steps;
}

interface Fence {
  readonly line: number;
  readonly info: string;
  readonly body: string;
}

function fencesIn(guide: string): Fence[] {
  const fences: Fence[] = [];
  let open: { line: number; info: string; body: string } | null = null;
  for (const [at, text] of guide.split('\n').entries()) {
    if (open === null) {
      const info = /^```(.*)$/.exec(text)?.[1];
      if (info !== undefined) open = { line: at + 2, info: info.trim(), body: '' };
    } else if (text === '```') {
      fences.push(open);
      open = null;
    } else open.body += `${text}\n`;
  }
  if (open !== null) throw new Error(`line ${open.line}: a block that does not end`);
  return fences;
}
