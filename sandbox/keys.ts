import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { generate } from 'selfsigned';

export const KEYS_FILE = 'keys.json';
const KEY_BITS = 2048;
const VALID_YEARS = 20;

/** The keys with which the stand-ins sign their webhooks. */
export type Keys = {
  wise: { privateKey: string; publicKey: string };
  paypal: { privateKey: string; certificate: string; ca: string };
};

function validity() {
  const notBeforeDate = new Date(Date.now() - 86_400_000);
  const notAfterDate = new Date(notBeforeDate);
  notAfterDate.setFullYear(notAfterDate.getFullYear() + VALID_YEARS);
  return { notBeforeDate, notAfterDate, keySize: KEY_BITS, algorithm: 'sha256' };
}

/** The sandbox's own certificate authority, and the certificate with which PayPal's stand-in signs. */
async function makePaypalKeys(): Promise<Keys['paypal']> {
  const authority = await generate([{ name: 'commonName', value: 'Sandbox CA' }], {
    ...validity(),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: 'messageverificationcerts.sandbox.paypal.com' }], {
    ...validity(),
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
    ],
  });
  return { privateKey: leaf.private, certificate: leaf.cert, ca: authority.cert };
}

/** A new pair of RSA keys as PEM. */
export const makeRsaPair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

/** Loads the keys from the folder. The first start creates them. */
export async function loadKeys(dir: string): Promise<Keys> {
  const file = join(dir, KEYS_FILE);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept) return JSON.parse(kept) as Keys;
  const keys: Keys = { wise: makeRsaPair(), paypal: await makePaypalKeys() };
  await mkdir(dir, { recursive: true });
  await writeFile(`${file}.new`, JSON.stringify(keys), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return keys;
}

/** Signs with RSA PKCS#1 v1.5 and SHA-256, in Base64, as both Wise and PayPal do. */
export const signRsaSha256 = (privateKey: string, content: string): string =>
  createSign('RSA-SHA256').update(content).sign(privateKey, 'base64');
