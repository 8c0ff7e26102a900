/** An address of the Internet as a number, with its number of bits. */
type Address = { bits: bigint; size: 32n | 128n };

const V4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
const GROUPS = 8;

/** Reads an address of IPv4 or IPv6. Undefined for every other text, also for an address that names an interface. */
export function readAddress(text: string): Address | undefined {
  if (V4.test(text)) return readV4(text);
  const embedded = /^(.*:)([\d.]+)$/.exec(text);
  const v4 = embedded ? readV4(embedded[2] ?? '') : undefined;
  if (text.includes('.') && !v4) return undefined;
  const groups = v4
    ? `${embedded?.[1] ?? ''}${(v4.bits >> 16n).toString(16)}:${(v4.bits & 0xffffn).toString(16)}`
    : text;
  const [head = '', tail, ...more] = groups.split('::');
  if (more.length > 0) return undefined;
  const [first, last] = [split(head), split(tail ?? '')];
  const missing = GROUPS - first.length - last.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...first, ...Array.from({ length: missing }, () => '0'), ...last];
  if (!all.every((group) => GROUP.test(group))) return undefined;
  return { bits: all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n), size: 128n };
}

const split = (groups: string): string[] => (groups === '' ? [] : groups.split(':'));

function readV4(text: string): Address | undefined {
  const bytes = text.split('.').map(Number);
  if (!V4.test(text) || bytes.some((byte) => byte > 255)) return undefined;
  return { bits: bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n), size: 32n };
}

/** Whether an address lies in one of the networks, which are written such as `10.0.0.0/8`. */
export const isIn = ({ bits, size }: Address, networks: readonly string[]): boolean =>
  networks.some((network) => {
    const [text = '', prefix = ''] = network.split('/');
    const net = readAddress(text);
    if (net?.size !== size) return false;
    const rest = size - BigInt(prefix);
    return bits >> rest === net.bits >> rest;
  });
