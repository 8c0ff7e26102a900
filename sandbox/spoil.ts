import { isLosslessNumber, LosslessNumber, parse, stringify } from 'lossless-json';

import { isObject } from './json.ts';

/** Makes responses that are well-formed but wrong, as a provider may send on a bad day. Numbers stay as they were written. */

type Change = (value: unknown, key: string) => unknown;

/** Changes the inner values first, then the value itself. */
function walk(value: unknown, change: Change, key = ''): unknown {
  if (Array.isArray(value))
    return change(
      value.map((inner) => walk(inner, change, key)),
      key,
    );
  if (!isObject(value)) return change(value, key);
  const entries = Object.entries(value).map(([name, inner]) => [name, walk(inner, change, name)] as const);
  return change(Object.fromEntries(entries), key);
}

/** Rewrites a response body. A body that is not JSON goes through `text`, or stays as it is. */
async function rewrite(response: Response, json: (body: unknown) => unknown, text = (body: string) => body) {
  const body = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const changed = isJson ? (stringify(json(parse(body))) ?? '') : text(body);
  return new Response(changed, { status: response.status, headers: withoutLength(response.headers) });
}

const withoutLength = (headers: Headers): Headers => {
  const kept = new Headers(headers);
  kept.delete('content-length');
  return kept;
};

const PAGE_KEYS: ReadonlySet<string> = new Set(['items', 'transaction_details', 'transactions', 'data', 'content']);

/** Removes the rows of a response and keeps the rest. */
export const emptyPage = (response: Response): Promise<Response> =>
  rewrite(
    response,
    (body) =>
      Array.isArray(body)
        ? []
        : Object.fromEntries(
            Object.entries(body ?? {}).map(([key, value]) => [key, PAGE_KEYS.has(key) ? [] : (value as unknown)]),
          ),
    (xml) => xml.replaceAll(/<Ntry>.*?<\/Ntry>\n?/gs, ''),
  );

const STATUS_KEYS: ReadonlySet<string> = new Set(['status', 'transaction_status', 'batch_status']);
const MOONSTRUCK = 'MOONSTRUCK';

const nameScan = (scan: unknown) => (isObject(scan) ? { ...scan, name: MOONSTRUCK } : scan);

/** Replaces every status with one that nobody knows. */
export const unknownWord = (response: Response): Promise<Response> =>
  rewrite(response, (body) =>
    walk(body, (value, key) => {
      if (key === 'tracking_events' && Array.isArray(value)) return value.map(nameScan);
      return STATUS_KEYS.has(key) && typeof value === 'string' ? MOONSTRUCK : value;
    }),
  );

/** Adds one unit to the last digit: 10.00 becomes 10.01, and -10.00 becomes -10.01. */
function raise(decimal: string): string {
  const [, sign = '', digits = '0'] = /^(-?)(.*)$/.exec(decimal) ?? [];
  const decimals = digits.split('.')[1]?.length ?? 0;
  const raised = String(BigInt(digits.replace('.', '')) + 1n).padStart(decimals + 1, '0');
  return decimals === 0 ? `${sign}${raised}` : `${sign}${raised.slice(0, -decimals)}.${raised.slice(-decimals)}`;
}

const raiseValue = (value: unknown): unknown =>
  isLosslessNumber(value) ? new LosslessNumber(raise(value.value)) : typeof value === 'string' ? raise(value) : value;

const AMOUNT_KEYS: ReadonlySet<string> = new Set(['amount', 'transaction_amount']);
const REPORT_KEYS: ReadonlySet<string> = new Set(['transaction_details', 'transactions']);

const raiseAmounts = (row: unknown): unknown =>
  walk(row, (value, key) => {
    if (!AMOUNT_KEYS.has(key) || !isObject(value)) return value;
    return { ...value, value: raiseValue(value['value']) };
  });

/** Reports the last row of a statement with one smallest unit too much. */
export const wrongAmount = (response: Response): Promise<Response> =>
  rewrite(
    response,
    (body) =>
      walk(body, (value, key) =>
        REPORT_KEYS.has(key) && Array.isArray(value)
          ? [...value.slice(0, -1), ...value.slice(-1).map(raiseAmounts)]
          : value,
      ),
    (xml) => {
      const last = xml.lastIndexOf('<Ntry>');
      if (last < 0) return xml;
      const entry = xml.slice(last);
      return `${xml.slice(0, last)}${entry.replaceAll(/(<Amt [^>]*>)([^<]*)/g, (_, tag: string, amount: string) => `${tag}${raise(amount)}`)}`;
    },
  );
