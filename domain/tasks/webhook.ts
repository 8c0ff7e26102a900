import { BlockList, isIP } from 'node:net';

import { PAYOUT_STATUSES } from '../payouts/payout.ts';
import { RUN_STATUSES } from '../runs/run.ts';

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

/** Addresses that lead nowhere, or into a network: those of the special-purpose registries, with the services of clouds among them. */
const V4 = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  V4.addSubnet(net, bits, 'ipv4');
/** The addresses that the Internet routes. Everything else of IPv6 is refused: loopback, local, mapped, translated and multicast. */
const V6_ROUTED = new BlockList();
V6_ROUTED.addSubnet('2000::', 3, 'ipv6');
/** Tunnels carry addresses of IPv4, and these are documentation, benchmarks and identifiers. */
const V6 = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  V6.addSubnet(net, bits, 'ipv6');

const LOCAL = new BlockList();
LOCAL.addSubnet('127.0.0.0', 8, 'ipv4');
LOCAL.addAddress('::1', 'ipv6');

/** Whether a webhook may go to an address. `mayBeLocal` also lets it go to this machine, and still to no other network. */
export function mayReach(address: string, mayBeLocal: boolean): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (mayBeLocal && LOCAL.check(address, family)) return true;
  if (family === 'ipv4') return !V4.check(address, family);
  return V6_ROUTED.check(address, family) && !V6.check(address, family);
}

const URL_CHARS_MAX = 500;

/** The reason why an address cannot receive webhooks, or undefined. The names in it are resolved when a webhook is sent, each time anew. */
export function whyNotUrl(text: string, mayBeLocal: boolean): string | undefined {
  const url = URL.parse(text);
  if (!url || text.length > URL_CHARS_MAX) return `is not an address of at most ${URL_CHARS_MAX} letters`;
  const host = hostOf(url);
  const isLocal = mayBeLocal && (host === 'localhost' || LOCAL.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4'));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) return 'does not begin with https://';
  if (url.username !== '' || url.password !== '') return 'contains a name or a password, which logs would show';
  if (url.hash !== '') return 'has a part after #, which no server gets';
  if (isIP(host) !== 0 && !mayReach(host, mayBeLocal)) return 'is an address of a private or special network';
  return undefined;
}

/** The host of an address, without the brackets around an address of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replaceAll(/^\[|\]$/g, '');
