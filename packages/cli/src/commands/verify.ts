import type { Command } from 'commander';
import type { Desk } from '../desk.ts';
export function addVerify(program: Command, desk: Desk): void {
  program.command('verify').description(desk.say('verify')).argument('<path>', desk.say('verify.path'));
}
