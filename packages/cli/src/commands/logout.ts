import type { Command } from 'commander';
import { dropCredentials, readCredentials } from '../credentials.ts';
import type { Desk } from '../desk.ts';
import { Refused, serverAt, Unreachable } from '../server.ts';

export function addLogout(program: Command, desk: Desk): void {
  program
    .command('logout')
    .description(desk.say('logout'))
    .action(async () => {
      const { url, token } = await readCredentials(desk.shell);
      const wasToldToServer =
        url !== undefined && token !== undefined && (await tellServer(url, token, desk.language));
      await dropCredentials(desk.shell);
      desk.answer({ forgotten: true, wasToldToServer }, () =>
        desk.line(desk.say(wasToldToServer ? 'logout.done' : 'logout.only-here')),
      );
    });
}

/** The token is forgotten here even when the server cannot be told. */
async function tellServer(url: string, token: string, language: string): Promise<boolean> {
  try {
    await serverAt(url, token, language).post('/api/v1/logout');
    return true;
  } catch (fault) {
    if (fault instanceof Refused || fault instanceof Unreachable) return false;
    throw fault;
  }
}
