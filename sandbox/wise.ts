import { Hono } from 'hono';

import { isoExponent } from './decimals.ts';
import type { HttpEnv } from './faults.ts';
import { type Keys, makeRsaPair, signRsaSha256 } from './keys.ts';
import { openSite, type SiteOptions } from './site.ts';
import { balanceRoutes } from './wise/balances.ts';
import { batchRoutes } from './wise/batches.ts';
import { quoteRoutes } from './wise/quotes.ts';
import { recipientRoutes } from './wise/recipients.ts';
import { transferRoutes } from './wise/transfer-routes.ts';
import { WISE_OUTCOMES } from './wise/transfer.ts';
import { openTransfers } from './wise/transfers.ts';
import { answer, complaint, exact, refuse } from './wise/wire.ts';

export const WISE_TOKEN = 'sandbox-wise-token';
export const WISE_PROFILE = '1001';

/** Wise signs only the body. */
const signer = (privateKey: () => string) => (body: string, id: string) => ({
  'x-signature-sha256': signRsaSha256(privateKey(), body),
  'x-delivery-id': id,
});

const PROFILES = [
  {
    id: exact(WISE_PROFILE),
    type: 'BUSINESS',
    fullName: 'Sandbox Business',
    businessName: 'Sandbox Business',
    currentState: 'VISIBLE',
  },
  { id: exact('1000'), type: 'PERSONAL', fullName: 'Sandy Box', currentState: 'VISIBLE' },
];

/** Opens Wise's stand-in. Its routes have paths without a version; see `unversioned`. */
export async function openWise(options: SiteOptions, port: number, keys: Keys['wise']) {
  let stranger: string | undefined;
  const site = await openSite({
    ...options,
    name: 'wise',
    port,
    exponentOf: isoExponent,
    refuse,
    outcomes: WISE_OUTCOMES,
    signing: () => ({
      sign: signer(() => keys.privateKey),
      signAsStranger: signer(() => (stranger ??= makeRsaPair().privateKey)),
    }),
  });
  const transfers = openTransfers(site);
  const app = new Hono<HttpEnv>();

  app.get('/sandbox/webhook-public-key.pem', (c) => c.text(keys.publicKey));
  app.use(async (c, next) => {
    if (c.req.header('authorization') !== `Bearer ${WISE_TOKEN}`) return answer(c, refuse(401), 401);
    return next();
  });
  app.get('/profiles', (c) => answer(c, PROFILES));
  app.route('/', recipientRoutes(site));
  app.route('/', quoteRoutes(site));
  app.route('/', transferRoutes(transfers));
  app.route('/', batchRoutes(site, transfers));
  app.route('/', balanceRoutes(site, transfers));
  app.notFound((c) => answer(c, complaint('not-found', `There is no such resource: ${c.req.path}`), 404));

  site.serve(app, { getPath: unversioned });
  return site;
}

/** Both `/v1/transfers` and `/2026Q4/transfers` mean transfers. A version changes nothing here. */
function unversioned(request: Request): string {
  return new URL(request.url).pathname.replace(/^\/(v\d+|\d{4}Q\d)\//, '/');
}
