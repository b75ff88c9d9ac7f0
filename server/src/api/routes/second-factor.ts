import { Type } from 'typebox';
import { rfc3339 } from '../../kernel/time.ts';
import { MOST_PASSWORD_UNITS } from '../../spine/registry/people/password-rules.ts';
import { removeSecondFactorOf } from '../../spine/registry/people/person-sessions.ts';
import { type App, actorOf, type Doors, need } from '../app.ts';
import { credentialsOf } from '../identify.ts';

const tags = ['second-factor'];
const Password = Type.String({ minLength: 1, maxLength: MOST_PASSWORD_UNITS });
const Code = Type.String({ minLength: 6, maxLength: 40 });
const closed = { additionalProperties: false };

/** One's own second factor, and the removal of another's who lost it. Secrets are in the answer that makes them and nowhere else. */
export function secondFactorRoutes(app: App, doors: Doors): void {
  app.get('/api/v1/me/second-factor', { schema: { tags } }, async request => {
    const { userId, roles } = actorOf(request);
    const session = await doors.signIn.whose(credentialsOf(request));
    return {
      isSet: session?.hasSecondFactor === true,
      isRequired: doors.signIn.mustHaveSecondFactor(roles),
      recoveryCodesLeft: session === null ? 0 : await doors.signIn.recoveryCodesLeft(userId),
    };
  });

  app.post(
    '/api/v1/me/second-factor',
    { schema: { tags, body: Type.Object({ password: Password }, closed) } },
    async request => {
      const { password } = request.body;
      return doors.signIn.beginSecondFactor(credentialsOf(request), { password, peer: request.ip });
    },
  );

  app.post(
    '/api/v1/me/second-factor/confirmation',
    { schema: { tags, body: Type.Object({ code: Code }, closed) } },
    async (request, reply) => {
      const asked = { code: request.body.code, peer: request.ip };
      const session = await doors.signIn.confirmSecondFactor(credentialsOf(request), asked);
      reply.header('set-cookie', [...session.setCookies]);
      return { token: session.token, expiresAt: rfc3339(session.expiresAtMs) };
    },
  );

  app.post(
    '/api/v1/me/second-factor/recovery-codes',
    { schema: { tags, body: Type.Object({ password: Password, code: Code }, closed) } },
    async request =>
      doors.signIn.renewRecoveryCodes(credentialsOf(request), { ...request.body, peer: request.ip }),
  );

  app.post(
    '/api/v1/me/second-factor/removal',
    { schema: { tags, body: Type.Object({ password: Password, code: Code }, closed) } },
    async request => {
      await doors.signIn.dropSecondFactor(credentialsOf(request), { ...request.body, peer: request.ip });
      return {};
    },
  );

  app.delete(
    '/api/v1/people/:id/second-factor',
    { schema: { tags, params: Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) }) } },
    async request => {
      await removeSecondFactorOf(doors, need(request, 'people:write'), request.params.id);
      return {};
    },
  );
}
