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

type Answer = () => Response;
const pem = (chain: readonly Certificate[]) => chain.map(({ cert }) => cert.trim()).join('\n');

/** A reader of webhooks that trusts one authority. PayPal's address gives these answers in turn, and then the last one for ever. */
function openReader(authority: Certificate, answers: readonly Answer[]) {
  const asked: string[] = [];
  const settings = { webhookId: WEBHOOK_ID, certUrlPrefix: PREFIX, certCa: authority.cert };
  const read = createPayPalWebhookReader(settings, async (url) => {
    asked.push(new Request(url).url);
    return answers[Math.min(asked.length, answers.length) - 1]?.() ?? new Response();
  });
  /** Hands over a webhook that is signed now, and says what becomes of it. */
  async function tell(signer: Certificate, { name = 'CERT-1', at = new Date(), event = EVENT }: Delivery = {}) {
    const body = Buffer.from(JSON.stringify(event));
    const signature = createSign('RSA-SHA256')
      .update(`transmission-1|${at.toISOString()}|${WEBHOOK_ID}|${crc32(body)}`)
      .sign(signer.private, 'base64');
    const headers = new Headers({
      'paypal-transmission-id': 'transmission-1',
      'paypal-transmission-time': at.toISOString(),
      'paypal-transmission-sig': signature,
      'paypal-auth-algo': 'SHA256withRSA',
      'paypal-cert-url': `${PREFIX}${name}`,
    });
    return read(headers, body, at);
  }
  return { asked, tell };
}

type Delivery = { name?: string; at?: Date; event?: object };
const EVENT = { id: 'WH-E-1', event_type: 'PAYMENT.PAYOUTSBATCH.SUCCESS', resource: {} };

const outcome = (told: Promise<unknown>): Promise<string> =>
  told.then(
    () => 'accepted',
    ({ code, message }: Failure) => `${code}: ${message}`,
  );

/** Whether a webhook is taken that the first certificate of a chain has signed, and that PayPal's address serves. */
const tell = (chain: readonly Certificate[], authority: Certificate): Promise<string> =>
  outcome(openReader(authority, [() => new Response(pem(chain))]).tell(chain[0] ?? authority));

const NAME = 'messageverificationcerts.paypal.com';

describe('given a webhook that the certificate at PayPal’s address has signed', () => {
  let authority: Certificate;
  beforeAll(async () => {
    authority = await certify('Authority', { isAuthority: true });
  });

  it('when our authority has issued that certificate then it is accepted', async () => {
    expect(await tell([await certify(NAME, { issuer: authority })], authority)).toBe('accepted');
  });

  it('when an authority between ours and the certificate has issued it then it is accepted', async () => {
    const between = await certify('Between', { issuer: authority, isAuthority: true });
    expect(await tell([await certify(NAME, { issuer: between }), between], authority)).toBe('accepted');
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
    const last = await certify(NAME, { ...leaf, issuer: middle ?? top });
    expect(await tell(middle ? [last, middle] : [last], top)).toMatch(
      /^webhook_not_genuine: .*its certificate is not trusted/,
    );
  });

  it.each([
    { name: 'messageverificationcerts.sandbox.paypal.com', isAccepted: true },
    { name: 'messageverificationcerts.paypal.com.evil.example', isAccepted: false },
    { name: 'evil.example', isAccepted: false },
    { name: 'www.paypal.com', isAccepted: false },
  ])('when that certificate is made out to $name then it is accepted: $isAccepted', async ({ name, isAccepted }) => {
    const told = await tell([await certify(name, { issuer: authority })], authority);
    expect(told === 'accepted').toBe(isAccepted);
  });

  it.each([
    { what: 'a page without a certificate', answer: () => new Response('<html>We are sorry</html>') },
    { what: 'nothing', answer: () => new Response('') },
    {
      what: 'half a certificate',
      answer: () => new Response('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'),
    },
    { what: 'an error of its own', answer: () => new Response('busy', { status: 503 }) },
  ])('when PayPal serves $what then nothing is concluded, and the next webhook asks again', async ({ answer }) => {
    const leaf = await certify(NAME, { issuer: authority });
    const reader = openReader(authority, [answer, () => new Response(pem([leaf]))]);
    expect(await outcome(reader.tell(leaf))).toMatch(/^gateway_unavailable/);
    expect(await outcome(reader.tell(leaf))).toBe('accepted');
    expect(reader.asked).toHaveLength(2);
  });

  it('when its address has no certificate then PayPal is not asked again for a minute', async () => {
    const leaf = await certify(NAME, { issuer: authority });
    const reader = openReader(authority, [() => new Response('no', { status: 404 }), () => new Response(pem([leaf]))]);
    for (let count = 0; count < 3; count += 1) expect(await outcome(reader.tell(leaf))).toMatch(/^webhook_not_genuine/);
    expect(reader.asked).toHaveLength(1);
    expect(await outcome(reader.tell(leaf, { at: new Date(Date.now() + 61_000) }))).toBe('accepted');
  });

  it('when somebody forges many then PayPal is asked a few times, and a known certificate is still accepted', async () => {
    const leaf = await certify(NAME, { issuer: authority });
    const reader = openReader(authority, [() => new Response(pem([leaf])), () => new Response('no', { status: 404 })]);
    expect(await outcome(reader.tell(leaf))).toBe('accepted');
    for (let count = 0; count < 500; count += 1)
      expect(await outcome(reader.tell(leaf, { name: `forged-${count}` }))).not.toBe('accepted');
    expect(reader.asked).toHaveLength(10);
    expect(await outcome(reader.tell(leaf))).toBe('accepted');
  });

  it.each([
    { word: 'PROCESSING', isProgress: true },
    { word: 'SUCCESS', isProgress: true },
    { word: 'DENIED', isProgress: false },
    { word: 'CANCELED', isProgress: false },
  ])('when it reports $word of a batch then it says nothing about its payments: $isProgress', async (row) => {
    const { word, isProgress } = row;
    const leaf = await certify(NAME, { issuer: authority });
    const header = { payout_batch_id: 'B1', batch_status: word, sender_batch_header: { sender_batch_id: 'K1' } };
    const event = { ...EVENT, resource: { batch_header: header } };
    const told = await openReader(authority, [() => new Response(pem([leaf]))]).tell(leaf, { event });
    expect(told).toMatchObject({ reference: 'B1', key: 'K1', providerStatus: word, isProgress });
  });
});
