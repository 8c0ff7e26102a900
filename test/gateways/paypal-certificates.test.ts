import { createSign } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it } from 'vitest';

import { DAY_MS } from '../../domain/durations.ts';
import type { Failure } from '../../domain/errors.ts';
import { createPayPalWebhookReader } from '../../gateways/paypal/webhook.ts';

const PREFIX = 'https://api.paypal.example/v1/notifications/certs/';
const WEBHOOK_ID = 'WH-1';

type Certificate = { private: string; cert: string };
type Wish = {
  issuer?: Certificate;
  isAuthority?: boolean;
  /** In days from now. */
  from?: number;
  until?: number;
};

/** The key usage lets every one of them sign others; `isAuthority` alone says which of them is an authority. */
const certify = (name: string, { issuer, isAuthority = false, from = -1, until = 365 }: Wish): Promise<Certificate> =>
  generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() + from * DAY_MS),
    notAfterDate: new Date(Date.now() + until * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: isAuthority, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
    ],
    ...(issuer ? { ca: { key: issuer.private, cert: issuer.cert } } : {}),
  });

/** A webhook signed now by the first certificate of a chain that PayPal's address serves: whether it is taken. */
async function tell(chain: readonly Certificate[], authority: Certificate): Promise<string> {
  const settings = { webhookId: WEBHOOK_ID, certUrlPrefix: PREFIX, certCa: authority.cert };
  const served = chain.map(({ cert }) => cert.trim()).join('\n');
  const read = createPayPalWebhookReader(settings, async () => new Response(served));
  const body = Buffer.from(JSON.stringify({ id: 'WH-E-1', event_type: 'PAYMENT.PAYOUTSBATCH.SUCCESS', resource: {} }));
  const time = new Date().toISOString();
  const signature = createSign('RSA-SHA256')
    .update(`transmission-1|${time}|${WEBHOOK_ID}|${crc32(body)}`)
    .sign(chain[0]?.private ?? '', 'base64');
  const headers = new Headers({
    'paypal-transmission-id': 'transmission-1',
    'paypal-transmission-time': time,
    'paypal-transmission-sig': signature,
    'paypal-auth-algo': 'SHA256withRSA',
    'paypal-cert-url': `${PREFIX}CERT-1`,
  });
  return read(headers, body, new Date()).then(
    () => 'accepted',
    ({ code, message }: Failure) => `${code}: ${message}`,
  );
}

describe('given a webhook that the certificate at PayPal’s address has signed', () => {
  let authority: Certificate;
  beforeAll(async () => {
    authority = await certify('Authority', { isAuthority: true });
  });

  it('when our authority has issued that certificate then it is accepted', async () => {
    expect(await tell([await certify('PayPal', { issuer: authority })], authority)).toBe('accepted');
  });

  it('when an authority between ours and the certificate has issued it then it is accepted', async () => {
    const between = await certify('Between', { issuer: authority, isAuthority: true });
    expect(await tell([await certify('PayPal', { issuer: between }), between], authority)).toBe('accepted');
  });

  it.each<{ what: string; leaf?: Wish; between?: Wish; root?: Wish }>([
    { what: 'it expired yesterday', leaf: { from: -30, until: -1 } },
    { what: 'it is valid from tomorrow on', leaf: { from: 1 } },
    { what: 'the authority that issued it expired yesterday', between: { isAuthority: true, from: -30, until: -1 } },
    { what: 'our own authority expired yesterday', root: { from: -30, until: -1 } },
    { what: 'it was issued by a certificate that is not an authority, though ours has issued that one', between: {} },
  ])('when $what then it is refused', async ({ leaf = {}, between, root }) => {
    const top = root ? await certify('Expired authority', { ...root, isAuthority: true }) : authority;
    const middle = between && (await certify('Between', { ...between, issuer: top }));
    const last = await certify('PayPal', { ...leaf, issuer: middle ?? top });
    expect(await tell(middle ? [last, middle] : [last], top)).toMatch(
      /^webhook_not_genuine: .*its certificate is not trusted/,
    );
  });
});
