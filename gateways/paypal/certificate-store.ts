import type { X509Certificate } from 'node:crypto';

import { DAY_MS, MINUTE_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import { notGenuine } from '../webhook-signatures.ts';
import { isNamedPayPal, isTrusted, readAuthorities, readCertificates } from './certificates.ts';

const FETCH_TIMEOUT_MS = 10_000;
/** Forged webhooks must not make us call PayPal as often as their sender likes. PayPal repeats a genuine one for three days. */
const FETCHES_PER_MINUTE_MAX = 10;
const KEPT_MAX = 100;
const KEPT_MS = DAY_MS;
/** How long we remember that an address has no certificate, and that a certificate is not trusted. */
const ABSENT_MS = MINUTE_MS;
const UNTRUSTED_MS = 10 * MINUTE_MS;

type Kept = { chain: Promise<readonly X509Certificate[]>; until: number };

/** The certificate's own name at the end of the address. A name with a percent sign could lead out of the folder. */
const NAME = /^[\w.-]+$/;

/** The address in its normal form, if it is directly below our prefix. Otherwise null. */
function normalAddress(url: string, prefix: string): string | null {
  if (prefix === '' || !URL.canParse(url)) return null;
  const { href } = new URL(url);
  return href.startsWith(prefix) && NAME.test(href.slice(prefix.length)) ? href : null;
}

/** An address that answers clearly that it has no certificate. PayPal's own troubles are not clear. */
const isAbsent = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429;

type Settings = { certUrlPrefix: string; certCa?: string | undefined };

/**
 * Fetches PayPal's signing certificates, each once, however many webhooks wait for it. Only addresses below our prefix are fetched, and
 * only a few in a minute. An answer without a certificate is not kept, because it says nothing about the webhook. Returns the trusted
 * certificate that an address names.
 */
export function createCertificateStore(
  { certUrlPrefix, certCa }: Settings,
  fetch: typeof globalThis.fetch,
): (url: string, now: Date) => Promise<X509Certificate> {
  const authorities = readAuthorities(certCa);
  const kept = new Map<string, Kept>();
  let fetchedAt: number[] = [];

  async function load(url: string, nowMs: number): Promise<readonly X509Certificate[]> {
    fetchedAt = fetchedAt.filter((at) => nowMs - at < MINUTE_MS);
    if (fetchedAt.length >= FETCHES_PER_MINUTE_MAX) throw unavailable('too many certificates were fetched');
    fetchedAt.push(nowMs);
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    const { status, text } = await fetch(url, { redirect: 'error', signal })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch((cause: unknown) => {
        throw unavailable('PayPal did not answer', cause);
      });
    if (isAbsent(status)) return [];
    const chain = status === 200 ? readChain(text) : [];
    if (chain.length === 0) throw unavailable(`PayPal answered ${status} without a certificate`);
    return chain;
  }

  function keep(url: string, nowMs: number): Kept {
    const entry: Kept = { chain: load(url, nowMs), until: nowMs + KEPT_MS };
    entry.chain.catch(() => kept.get(url) === entry && kept.delete(url)); // the next webhook tries again
    kept.set(url, entry);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    return entry;
  }

  return async (named, now) => {
    const nowMs = now.getTime();
    const url = normalAddress(named, certUrlPrefix);
    if (url === null) throw notGenuine('PayPal', 'its certificate is not hosted by PayPal');
    const known = kept.get(url);
    const entry = known && known.until > nowMs ? known : keep(url, nowMs);
    const chain = await entry.chain;
    const [leaf] = chain;
    if (leaf && isNamedPayPal(leaf) && isTrusted(chain, authorities, now)) {
      kept.delete(url);
      kept.set(url, entry); // the one used last is forgotten last
      return leaf;
    }
    entry.until = Math.min(entry.until, nowMs + (leaf ? UNTRUSTED_MS : ABSENT_MS));
    throw notGenuine('PayPal', leaf ? 'its certificate is not trusted' : 'there is no certificate at its address');
  };
}

/** The certificates of an answer. Empty if it has none, or if one of them cannot be read. */
function readChain(text: string): readonly X509Certificate[] {
  try {
    return readCertificates(text);
  } catch {
    return [];
  }
}

const unavailable = (why: string, cause?: unknown): Failure =>
  new Failure(
    'gateway_unavailable',
    `PayPal’s signing certificate could not be fetched (${why}), so this webhook was neither accepted nor refused. PayPal will send it again.`,
    { cause },
  );
