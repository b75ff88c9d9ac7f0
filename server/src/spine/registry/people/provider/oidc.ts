import * as oidc from 'openid-client';
import { type Clock, HOUR_MS } from '../../../../kernel/time.ts';

/** The OpenID provider that an operator trusts with who somebody is. */
export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Absent for a public client, which PKCE alone protects. */
  readonly clientSecret: string | undefined;
  /** How people know it, `Example Office`. */
  readonly name: string;
  /** Whether each sign-in there counts as one with a second factor, whatever the provider says of it. */
  readonly isTrustedForSecondFactor: boolean;
  /** Where it sends browsers back to. */
  readonly returnUrl: string;
}

/** What a browser takes to the provider and must bring back. */
export interface Trip {
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Who came back. */
export interface Arrival {
  readonly issuer: string;
  readonly subject: string;
  readonly hasSecondFactor: boolean;
}

export interface OpenIdProvider {
  readonly settings: ProviderSettings;
  begin(): Promise<Trip>;
  /** Throws when what came back is not what was sent, or the provider does not stand by it. */
  finish(trip: Omit<Trip, 'url'>, returned: string): Promise<Arrival>;
}

/** Authentication methods that are two factors, or one that holds two (RFC 8176 §2). */
const SECOND_FACTORS: ReadonlySet<string> = new Set(['mfa', 'otp', 'hwk', 'swk', 'sc', 'mca']);

/**
 * Authorization code with PKCE (RFC 7636, S256), state and nonce; the identity token's signature is checked too
 * (OpenID Connect Core §3.1.3.7). The provider is asked what it can do when the first person comes and once an
 * hour after, so that its being away keeps no server from starting.
 */
export function openIdProvider(settings: ProviderSettings, clock: Clock): OpenIdProvider {
  let known: { config: Promise<oidc.Configuration>; atMs: number } | undefined;
  const isPlain = settings.issuer.startsWith('http:');
  const config = (): Promise<oidc.Configuration> => {
    if (known === undefined || clock.now() - known.atMs > HOUR_MS) {
      const execute = [oidc.enableNonRepudiationChecks, ...(isPlain ? [oidc.allowInsecureRequests] : [])];
      const { issuer, clientId, clientSecret } = settings;
      const auth = clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret);
      const found = oidc.discovery(new URL(issuer), clientId, undefined, auth, { execute, timeout: 10 });
      found.catch(() => {
        known = undefined;
      });
      known = { config: found, atMs: clock.now() };
    }
    return known.config;
  };
  return {
    settings,
    async begin() {
      const [state, nonce, verifier] = [
        oidc.randomState(),
        oidc.randomNonce(),
        oidc.randomPKCECodeVerifier(),
      ];
      const url = oidc.buildAuthorizationUrl(await config(), {
        redirect_uri: settings.returnUrl,
        scope: 'openid',
        response_type: 'code',
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, state, nonce, verifier };
    },
    async finish({ state, nonce, verifier }, returned) {
      const at = new URL(settings.returnUrl);
      at.search = new URL(returned, at).search;
      const tokens = await oidc.authorizationCodeGrant(await config(), at, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('the provider gave no identity token');
      const methods = Array.isArray(claims['amr']) ? claims['amr'] : [];
      const isStrong = methods.some(each => SECOND_FACTORS.has(String(each)));
      return {
        issuer: claims.iss,
        subject: claims.sub,
        hasSecondFactor: settings.isTrustedForSecondFactor || isStrong,
      };
    },
  };
}
