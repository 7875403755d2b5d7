import { generateKey, type Key } from '@mayfly/core'
import * as providers from '@mayfly/core/providers'
import { FakeClock } from '@mayfly/testing'

export const clock = new FakeClock()
export const now = clock.now() / 1000
export const API = 'https://api.example.com'
export const TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad'
export const OTHER = '72f988bf-86f1-41af-91ab-2d7cd011db47'
export const rsa = await generateKey('RS256', { keyId: 'rsa' })
export const ec = await generateKey('ES256', { keyId: 'ec' })
export const base = { iat: now, exp: now + 300, sub: 'alice' }

export interface Row {
  readonly options: providers.ProviderOptions
  /** What the provider publishes beside its metadata, by address; `keys` at each. */
  readonly keysAt: string
  readonly key?: Key
  readonly header?: Record<string, unknown>
  readonly good: Readonly<Record<string, Record<string, unknown>>>
  /** The claims, what is refused, and what the message says. */
  readonly bad: Readonly<
    Record<string, readonly [claims: Record<string, unknown>, reason: string, says?: string]>
  >
  /** Members of its published keys. */
  readonly members?: Record<string, unknown>
}

export const msal = `https://login.microsoftonline.com/${TENANT}/v2.0`
export const access = { ...base, aud: API }
export const rows: Record<string, Row> = {
  auth0: {
    options: providers.auth0({ domain: 'Example.eu.auth0.com', audience: API }),
    keysAt: 'https://example.eu.auth0.com/.well-known/jwks.json',
    good: {
      access: {
        ...access,
        iss: 'https://example.eu.auth0.com/',
        aud: [API, 'https://example.eu.auth0.com/userinfo'],
        azp: 'app',
        scope: 'read',
      },
    },
    bad: {
      'ID token': [
        { ...access, iss: 'https://example.eu.auth0.com/', aud: 'app', nonce: 'n' },
        'audience_mismatch',
        'looks like an ID token',
      ],
      'issuer without its slash': [
        { ...access, iss: 'https://example.eu.auth0.com' },
        'issuer_mismatch',
      ],
      'other tenant': [{ ...access, iss: 'https://other.eu.auth0.com/' }, 'issuer_mismatch'],
    },
  },
  okta: {
    options: providers.okta({
      domain: 'example.okta.com',
      audience: 'api://default',
      clientIds: 'app',
    }),
    keysAt: 'https://example.okta.com/oauth2/default/v1/keys',
    good: {
      access: {
        ...base,
        iss: 'https://example.okta.com/oauth2/default',
        aud: 'api://default',
        cid: 'app',
        scp: ['read'],
      },
    },
    bad: {
      'ID token': [
        { ...base, iss: 'https://example.okta.com/oauth2/default', aud: 'app' },
        'audience_mismatch',
      ],
      "another client's": [
        {
          ...base,
          iss: 'https://example.okta.com/oauth2/default',
          aud: 'api://default',
          cid: 'other',
        },
        'client_mismatch',
      ],
      "the org server's": [
        { ...base, iss: 'https://example.okta.com', aud: 'https://example.okta.com', cid: 'app' },
        'issuer_mismatch',
        'only Okta can verify',
      ],
    },
  },
  entra: {
    options: providers.entra({ tenant: TENANT, audience: API }),
    keysAt: `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
    members: { alg: undefined, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
    good: { access: { ...access, iss: msal, tid: TENANT, ver: '2.0', scp: 'Orders.Read' } },
    bad: {
      'other tenant': [
        { ...access, iss: `https://login.microsoftonline.com/${OTHER}/v2.0`, tid: OTHER },
        'issuer_mismatch',
      ],
      'tenant that is not that of the issuer': [
        { ...access, iss: msal, tid: OTHER },
        'issuer_mismatch',
      ],
      'version 1': [
        { ...access, iss: `https://sts.windows.net/${TENANT}/`, tid: TENANT },
        'issuer_mismatch',
        'version 1',
      ],
      'ID token': [
        { ...access, iss: msal, tid: TENANT, aud: 'app', nonce: 'n' },
        'audience_mismatch',
        'ID token',
      ],
    },
  },
  'entra, version 1': {
    options: providers.entra({ tenant: TENANT, audience: API, versions: [1] }),
    keysAt: `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
    members: { alg: undefined, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
    good: { access: { ...access, iss: `https://sts.windows.net/${TENANT}/`, tid: TENANT } },
    bad: {
      'other tenant': [
        { ...access, iss: `https://sts.windows.net/${OTHER}/`, tid: OTHER },
        'issuer_mismatch',
      ],
      'tenant that is not that of the issuer': [
        { ...access, iss: `https://sts.windows.net/${TENANT}/`, tid: OTHER },
        'issuer_mismatch',
      ],
      'version 2': [{ ...access, iss: msal, tid: TENANT }, 'issuer_mismatch', 'version 2'],
    },
  },
  'entra, any tenant': {
    options: providers.entra({ tenant: 'any', audience: API }),
    keysAt: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
    members: { alg: undefined, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
    good: {
      'one tenant': { ...access, iss: msal, tid: TENANT },
      'another tenant': {
        ...access,
        iss: `https://login.microsoftonline.com/${OTHER}/v2.0`,
        tid: OTHER,
      },
    },
    bad: {
      'no tenant': [{ ...access, iss: msal }, 'issuer_mismatch'],
      'issuer of somebody else': [
        { ...access, iss: 'https://evil.example/v2.0', tid: TENANT },
        'issuer_mismatch',
      ],
    },
  },
  cognito: {
    options: providers.cognito({
      region: 'eu-west-1',
      userPoolId: 'eu-west-1_Abc',
      clientIds: ['app'],
    }),
    keysAt: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc/.well-known/jwks.json',
    good: {
      access: {
        ...base,
        iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc',
        token_use: 'access',
        client_id: 'app',
      },
    },
    bad: {
      'ID token': [
        {
          ...base,
          iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc',
          token_use: 'id',
          aud: 'app',
        },
        'claim_missing',
        'ID token',
      ],
      "another client's": [
        {
          ...base,
          iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc',
          token_use: 'access',
          client_id: 'other',
        },
        'client_mismatch',
      ],
      "another pool's": [
        {
          ...base,
          iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Xyz',
          token_use: 'access',
          client_id: 'app',
        },
        'issuer_mismatch',
      ],
    },
  },
  'cognito, ID tokens': {
    options: providers.cognito({
      region: 'eu-west-1',
      userPoolId: 'eu-west-1_Abc',
      clientIds: 'app',
      tokenUse: 'id',
    }),
    keysAt: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc/.well-known/jwks.json',
    good: {
      ID: {
        ...base,
        iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc',
        token_use: 'id',
        aud: 'app',
      },
    },
    bad: {
      access: [
        {
          ...base,
          iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc',
          token_use: 'access',
          client_id: 'app',
        },
        'claim_missing',
      ],
    },
  },
  google: {
    options: providers.google({
      clientIds: 'app.apps.googleusercontent.com',
      hostedDomains: 'example.com',
    }),
    keysAt: 'https://www.googleapis.com/oauth2/v3/certs',
    good: {
      'one spelling': {
        ...base,
        iss: 'https://accounts.google.com',
        aud: 'app.apps.googleusercontent.com',
        hd: 'example.com',
      },
      'the other spelling': {
        ...base,
        iss: 'accounts.google.com',
        aud: 'app.apps.googleusercontent.com',
        hd: 'example.com',
      },
    },
    bad: {
      'no domain': [
        { ...base, iss: 'accounts.google.com', aud: 'app.apps.googleusercontent.com' },
        'claim_invalid',
        '"hd"',
      ],
      "another client's": [
        { ...base, iss: 'accounts.google.com', aud: 'other', hd: 'example.com' },
        'audience_mismatch',
      ],
    },
  },
  apple: {
    options: providers.apple({
      clientIds: ['com.example.app', 'com.example.web'],
      nonce: 'this-login',
    }),
    keysAt: 'https://appleid.apple.com/auth/keys',
    good: {
      ID: {
        ...base,
        iss: 'https://appleid.apple.com',
        aud: 'com.example.web',
        nonce: 'this-login',
      },
    },
    bad: {
      'another login': [
        { ...base, iss: 'https://appleid.apple.com', aud: 'com.example.web', nonce: 'other' },
        'claim_invalid',
        'nonce',
      ],
    },
  },
  firebase: {
    options: providers.firebase({ project: 'orders-1' }),
    keysAt:
      'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com',
    good: {
      ID: {
        ...base,
        iss: 'https://securetoken.google.com/orders-1',
        aud: 'orders-1',
        auth_time: now,
      },
    },
    bad: {
      "another project's": [
        { ...base, iss: 'https://securetoken.google.com/other', aud: 'other', auth_time: now },
        'issuer_mismatch',
      ],
      'custom token': [
        {
          ...base,
          iss: 'sa@orders-1.iam.gserviceaccount.com',
          aud: 'https://identitytoolkit.googleapis.com/x',
        },
        'issuer_mismatch',
        'custom token',
      ],
      'empty subject': [
        {
          ...base,
          sub: '',
          iss: 'https://securetoken.google.com/orders-1',
          aud: 'orders-1',
          auth_time: now,
        },
        'claim_invalid',
      ],
    },
  },
  keycloak: {
    options: providers.keycloak({
      url: 'https://login.example.com/',
      realm: 'shop',
      audience: 'orders',
    }),
    keysAt: 'https://login.example.com/realms/shop/protocol/openid-connect/certs',
    good: {
      access: {
        ...base,
        iss: 'https://login.example.com/realms/shop',
        aud: ['orders', 'account'],
        typ: 'Bearer',
        azp: 'app',
        nbf: 0,
      },
    },
    bad: {
      'ID token': [
        { ...base, iss: 'https://login.example.com/realms/shop', aud: 'orders', typ: 'ID' },
        'claim_invalid',
        '"typ"',
      ],
      'account alone': [
        { ...base, iss: 'https://login.example.com/realms/shop', aud: 'account', typ: 'Bearer' },
        'audience_mismatch',
        'audience mapper',
      ],
      "another realm's": [
        { ...base, iss: 'https://login.example.com/realms/other', aud: 'orders', typ: 'Bearer' },
        'issuer_mismatch',
      ],
    },
  },
  clerk: {
    options: providers.clerk({
      issuer: 'https://clerk.example.com',
      authorizedParties: 'https://app.example.com',
    }),
    keysAt: 'https://clerk.example.com/.well-known/jwks.json',
    good: {
      session: { ...base, iss: 'https://clerk.example.com', azp: 'https://app.example.com' },
    },
    bad: {
      'another party': [
        { ...base, iss: 'https://clerk.example.com', azp: 'https://evil.example' },
        'client_mismatch',
      ],
      'no party': [{ ...base, iss: 'https://clerk.example.com' }, 'claim_missing'],
      'pending session': [
        {
          ...base,
          iss: 'https://clerk.example.com',
          azp: 'https://app.example.com',
          sts: 'pending',
        },
        'claim_invalid',
        'pending',
      ],
    },
  },
  supabase: {
    options: providers.supabase({ project: 'abcdefgh' }),
    keysAt: 'https://abcdefgh.supabase.co/auth/v1/.well-known/jwks.json',
    key: ec,
    good: {
      user: {
        ...base,
        iss: 'https://abcdefgh.supabase.co/auth/v1',
        aud: 'authenticated',
        role: 'authenticated',
      },
    },
    bad: {
      'API key': [
        { iss: 'supabase', role: 'anon', iat: now, exp: now + 300 },
        'issuer_mismatch',
        'API key',
      ],
    },
  },
  duende: {
    options: providers.duende({ issuer: 'https://identity.example.com', audience: 'orders' }),
    keysAt: 'https://identity.example.com/.well-known/openid-configuration/jwks',
    header: { typ: 'at+jwt' },
    good: {
      access: {
        ...base,
        iss: 'https://identity.example.com',
        aud: 'orders',
        scope: ['read', 'write'],
        client_id: 'app',
      },
    },
    bad: {
      "another API's": [
        { ...base, iss: 'https://identity.example.com', aud: 'other' },
        'audience_mismatch',
      ],
    },
  },
  springAuthorizationServer: {
    options: providers.springAuthorizationServer({
      issuer: 'https://auth.example.com',
      audience: 'orders',
    }),
    keysAt: 'https://auth.example.com/oauth2/jwks',
    good: { access: { ...base, iss: 'https://auth.example.com', aud: 'orders', scope: ['read'] } },
    bad: {
      'ID token': [
        { ...base, iss: 'https://auth.example.com', aud: 'app', nonce: 'n' },
        'audience_mismatch',
        'ID token',
      ],
    },
  },
  cloudFoundryUaa: {
    options: providers.cloudFoundryUaa({
      issuer: 'https://uaa.example.com/oauth/token',
      audience: 'orders',
    }),
    keysAt: 'https://uaa.example.com/token_keys',
    good: {
      access: {
        ...base,
        iss: 'https://uaa.example.com/oauth/token',
        aud: ['orders'],
        cid: 'app',
        scope: ['orders.read'],
      },
    },
    bad: {
      'ID token': [
        { ...base, iss: 'https://uaa.example.com/oauth/token', aud: ['orders'] },
        'claim_invalid',
        'UAA',
      ],
    },
  },
  cloudflareAccess: {
    options: providers.cloudflareAccess({ team: 'example', audience: 'a1b2' }),
    keysAt: 'https://example.cloudflareaccess.com/cdn-cgi/access/certs',
    good: {
      application: {
        ...base,
        iss: 'https://example.cloudflareaccess.com',
        aud: ['a1b2'],
        type: 'app',
      },
    },
    bad: {
      "the team's": [
        { ...base, iss: 'https://example.cloudflareaccess.com', aud: ['a1b2'], type: 'org' },
        'claim_invalid',
      ],
    },
  },
  googleIap: {
    options: providers.googleIap({ audience: '/projects/1/apps/orders' }),
    keysAt: 'https://www.gstatic.com/iap/verify/public_key-jwk',
    key: ec,
    good: {
      assertion: { ...base, iss: 'https://cloud.google.com/iap', aud: '/projects/1/apps/orders' },
    },
    bad: {
      "another app's": [
        { ...base, iss: 'https://cloud.google.com/iap', aud: '/projects/1/apps/other' },
        'audience_mismatch',
      ],
    },
  },
  githubActions: {
    options: providers.githubActions({ audience: API, repositoryIds: '42' }),
    keysAt: 'https://token.actions.githubusercontent.com/.well-known/jwks',
    good: {
      workflow: {
        ...access,
        iss: 'https://token.actions.githubusercontent.com',
        repository_id: '42',
        repository: 'us/orders',
      },
    },
    bad: {
      "somebody's fork": [
        {
          ...access,
          iss: 'https://token.actions.githubusercontent.com',
          repository_id: '43',
          repository: 'us/orders',
        },
        'claim_invalid',
        'repository_id',
      ],
    },
  },
  gitlab: {
    options: providers.gitlab({ audience: API, projectIds: ['7'] }),
    keysAt: 'https://gitlab.com/oauth/discovery/keys',
    good: { job: { ...access, iss: 'https://gitlab.com', project_id: '7' } },
    bad: {
      'another project': [
        { ...access, iss: 'https://gitlab.com', project_id: '8' },
        'claim_invalid',
      ],
    },
  },
  vercel: {
    options: providers.vercel({ team: 'us', projectIds: 'prj_1', environments: ['production'] }),
    keysAt: 'https://oidc.vercel.com/us/.well-known/jwks',
    good: {
      deployment: {
        ...base,
        iss: 'https://oidc.vercel.com/us',
        aud: 'https://vercel.com/us',
        project_id: 'prj_1',
        environment: 'production',
      },
    },
    bad: {
      preview: [
        {
          ...base,
          iss: 'https://oidc.vercel.com/us',
          aud: 'https://vercel.com/us',
          project_id: 'prj_1',
          environment: 'preview',
        },
        'claim_invalid',
      ],
    },
  },
  kubernetes: {
    options: providers.kubernetes({
      issuer: 'https://kubernetes.default.svc',
      audience: 'orders',
      serviceAccounts: 'shop/api',
      jwksUri: 'https://10.0.0.1/openid/v1/jwks',
    }),
    keysAt: 'https://10.0.0.1/openid/v1/jwks',
    good: {
      projected: {
        ...base,
        iss: 'https://kubernetes.default.svc',
        aud: ['orders'],
        sub: 'system:serviceaccount:shop:api',
      },
    },
    bad: {
      'a legacy token': [
        {
          iss: 'https://kubernetes.default.svc',
          aud: ['orders'],
          sub: 'system:serviceaccount:shop:api',
        },
        'claim_missing',
        'legacy token',
      ],
      'another account': [
        {
          ...base,
          iss: 'https://kubernetes.default.svc',
          aud: ['orders'],
          sub: 'system:serviceaccount:shop:web',
        },
        'claim_invalid',
      ],
    },
  },
}
