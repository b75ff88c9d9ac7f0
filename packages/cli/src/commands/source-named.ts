import type { Source } from '../answers.ts';
import type { Desk } from '../desk.ts';
import { listed, type Server } from '../server.ts';
import { Fault } from '../shell.ts';

/** The source of that name or number. */
export async function sourceNamed(
  desk: Desk,
  server: Server,
  nameOrId: string,
): Promise<Source & { readonly id: number }> {
  const { items } = await listed<Source>(server, '/api/v1/sources', {}, 10_000);
  const found =
    items?.find(source => source.name === nameOrId) ?? items?.find(source => String(source.id) === nameOrId);
  if (found?.id === undefined) throw new Fault(desk.say('sources.unknown', { name: nameOrId }));
  return { ...found, id: found.id };
}
