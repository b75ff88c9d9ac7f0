import { type App, type Doors, need } from '../app.ts';

/** What the house says of itself to people, as far as their party may see it. */
export function statusRoutes(app: App, doors: Doors): void {
  app.get('/api/v1/status', { schema: { tags: ['health'] } }, async request => {
    const { partyId } = need(request, 'status:read');
    return doors.status.describe(partyId);
  });
}
