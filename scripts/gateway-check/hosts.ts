import type { GatewayName } from '../../domain/rails.ts';

/** The hosts of the providers' own test environments. No other host is ever contacted, because each host takes our payments for real ones. */
const TEST_HOSTS: Record<GatewayName, readonly string[]> = {
  wise: ['api.wise-sandbox.com', 'api.sandbox.transferwise.tech'],
  paypal: ['api-m.sandbox.paypal.com', 'api.sandbox.paypal.com'],
  lob: ['api.lob.com'], // the key decides: see below
  'printed-check': [],
};
const OURS: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Lob has one host for live and test. A key with this prefix selects the test environment, where nothing is mailed. */
const LOB_TEST_KEY = 'test_';

/** The reason why a gateway must not be checked at an address, or undefined. */
export function whyNotCheck(name: GatewayName, baseUrl: string, key: string): string | undefined {
  if (!URL.canParse(baseUrl)) return `${baseUrl} is not an address`;
  const { hostname, protocol } = new URL(baseUrl);
  if (OURS.has(hostname)) return undefined;
  const hosts = TEST_HOSTS[name];
  if (!hosts.includes(hostname) || protocol !== 'https:')
    return `${baseUrl} is not a test environment of ${name} (${hosts.map((host) => `https://${host}`).join(', ') || 'it has none'})`;
  if (name === 'lob' && !key.startsWith(LOB_TEST_KEY)) return 'the key of Lob is a live one: checks would be mailed';
  return undefined;
}
