import { PAYOUT_STATUSES } from '../payouts/payout.ts';
import { isIn, readAddress } from './address.ts';
import { RUN_STATUSES } from './run.ts';

/** The events that endpoints of the company can ask for. */
export const WEBHOOK_EVENTS: readonly string[] = [
  ...PAYOUT_STATUSES.filter((status) => status !== 'draft').map((status) => `payout.${status}`),
  ...RUN_STATUSES.filter((status) => status !== 'preparing').map((status) => `run.${status}`),
  'task.opened',
  'task.closed',
  'partner.details_added',
];

export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** An endpoint that fails for this long gets no further try of an event. `db/migrations/0018_webhooks.sql` starts the time. */
export const GIVE_UP_DAYS = 3;

/** A change of the secret needs two at a time: the receiver accepts both until the old one is revoked. */
export const SECRETS_MAX = 2;

/** Networks that lead nowhere, or into a company: those of the special-purpose registries, with the services of clouds among them. */
const REFUSED =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 ' +
  '192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 ' +
  '2001::/23 2001:db8::/32 2002::/16 3fff::/20'; // tunnels into IPv4, and addresses for documents, benchmarks and identifiers
/** The networks that the Internet routes. All else of IPv6 is refused: loopback, local, mapped, translated and multicast. */
const ROUTED = ['0.0.0.0/0', '2000::/3'];
const LOCAL = ['127.0.0.0/8', '::1/128'];

/** Whether a webhook may go to an address. `mayBeLocal` also lets it go to this machine, and still to no other network. */
export function mayReach(text: string, mayBeLocal: boolean): boolean {
  const address = readAddress(text);
  if (!address) return false;
  return (mayBeLocal && isIn(address, LOCAL)) || (isIn(address, ROUTED) && !isIn(address, REFUSED.split(' ')));
}

const URL_CHARS_MAX = 500;

/** The reason why an address cannot receive webhooks, or undefined. The names in it are resolved when a webhook is sent, each time anew. */
export function whyNotUrl(text: string, mayBeLocal: boolean): string | undefined {
  const url = URL.parse(text);
  if (!url || text.length > URL_CHARS_MAX) return `is not an address of at most ${URL_CHARS_MAX} letters`;
  const host = hostOf(url);
  const address = readAddress(host);
  const isLocal = mayBeLocal && (host === 'localhost' || (address !== undefined && isIn(address, LOCAL)));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) return 'does not begin with https://';
  if (url.username !== '' || url.password !== '') return 'contains a name or a password, which logs would show';
  if (url.hash !== '') return 'has a part after #, which no server gets';
  if (address && !mayReach(host, mayBeLocal)) return 'is an address of a private or special network';
  return undefined;
}

/** The host of an address, without the brackets around an address of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replaceAll(/^\[|\]$/g, '');
