// A real OpenID provider for a test: everybody may sign in under any name. It prints its address, then each fetch of its keys.
import { createServer } from 'node:http';

import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const { privateKey } = await generateKeyPair('RS256', { extractable: true });
const jwks = { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'of the provider' }] };

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = (client_id) => ({
    client_id,
    application_type: 'native',
    grant_types: ['authorization_code'],
    redirect_uris: ['http://127.0.0.1/callback'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  });
  const provider = new Provider(issuer, {
    clients: [client('linli'), client('another')],
    cookies: { keys: ['of a test'] },
    jwks,
  });
  provider.use(async (context, next) => {
    if (context.path === '/jwks') console.log('keys');
    await next();
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
