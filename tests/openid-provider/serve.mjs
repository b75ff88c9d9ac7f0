// An OpenID provider of other people's making (oidc-provider), as a process of its own: the other side of sign-in.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [port = '0', returnUrl = '', secret = ''] = process.argv.slice(2);

/** Whoever types a name is that subject; a name that ends in `-strong` says that a second factor was asked for. */
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'thingward',
      client_secret: secret,
      redirect_uris: [returnUrl],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  claims: { openid: ['sub', 'amr', 'email'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  cookies: { keys: ['only for trials'] },
  findAccount: async (context, id) => {
    const { session } = context.oidc;
    if (session !== undefined && id.endsWith('-strong')) session.amr = ['pwd', 'otp'];
    return { accountId: id, claims: async () => ({ sub: id, email: 'administrator@thingward.invalid' }) };
  },
});

createServer(provider.callback()).listen(Number(port), '127.0.0.1', () => {
  process.stdout.write('ready\n');
});
