import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const CHAIN_LENGTH_MAX = 5;

/** The certificates in a PEM text, in order. */
export const readCertificates = (pem: string): X509Certificate[] =>
  (pem.match(PEM) ?? []).map((text) => new X509Certificate(text));

/** The authorities that may sign: those given, or else those that Node trusts. */
export const readAuthorities = (pem: string | undefined): X509Certificate[] =>
  pem ? readCertificates(pem) : rootCertificates.map((text) => new X509Certificate(text));

/** The names of the certificates with which PayPal signs webhooks, live and in its sandbox. */
const PAYPAL_NAME = /^messageverificationcerts(\.[a-z0-9-]+)*\.paypal\.com$/i;

/** Whether a certificate is made out to PayPal's webhooks: its common name, or one of its DNS names. */
export function isNamedPayPal({ subject, subjectAltName = '' }: X509Certificate): boolean {
  const common =
    subject?.split('\n').flatMap((part) => (part.startsWith('CN=') ? [part.slice('CN='.length)] : [])) ?? [];
  const dns = subjectAltName
    .split(', ')
    .flatMap((part) => (part.startsWith('DNS:') ? [part.slice('DNS:'.length)] : []));
  return [...common, ...dns].some((name) => PAYPAL_NAME.test(name));
}

const isValidAt = ({ validFromDate, validToDate }: X509Certificate, now: Date): boolean =>
  validFromDate <= now && now <= validToDate;

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/** Whether a chain leads from the first certificate to an authority. Each must be issued by the next, and all must be valid now. */
export function isTrusted(
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: Date,
): boolean {
  let [current, ...others] = chain;
  for (let length = 1; current && length <= CHAIN_LENGTH_MAX; length += 1) {
    const certificate: X509Certificate = current;
    if (!isValidAt(certificate, now)) return false;
    if (authorities.some((authority) => isValidAt(authority, now) && isIssuedBy(certificate, authority))) return true;
    current = others.find((issuer) => isIssuedBy(certificate, issuer));
    others = others.filter((other) => other !== current);
  }
  return false;
}
