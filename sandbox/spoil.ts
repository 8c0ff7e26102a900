import { isLosslessNumber, LosslessNumber, parse, stringify } from 'lossless-json';

import { isObject } from './json.ts';

/** Answers that are well formed and wrong: what a provider may say on a bad day. Numbers stay as they were written. */

type Change = (value: unknown, key: string) => unknown;

/** Changes what is inside, then the thing itself. */
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

/** Rewrites an answer's body; one that is no JSON goes through `text`, or stays. */
async function rewrite(answer: Response, json: (body: unknown) => unknown, text = (body: string) => body) {
  const body = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
  const changed = isJson ? (stringify(json(parse(body))) ?? '') : text(body);
  return new Response(changed, { status: answer.status, headers: withoutLength(answer.headers) });
}

const withoutLength = (headers: Headers): Headers => {
  const kept = new Headers(headers);
  kept.delete('content-length');
  return kept;
};

const PAGE_KEYS: ReadonlySet<string> = new Set(['items', 'transaction_details', 'transactions', 'data', 'content']);

/** Keeps the answer's frame and takes its rows away. */
export const emptyPage = (answer: Response): Promise<Response> =>
  rewrite(
    answer,
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

/** Says a word that nobody knows wherever a status stands. */
export const unknownWord = (answer: Response): Promise<Response> =>
  rewrite(answer, (body) =>
    walk(body, (value, key) => {
      if (key === 'tracking_events' && Array.isArray(value)) return value.map(nameScan);
      return STATUS_KEYS.has(key) && typeof value === 'string' ? MOONSTRUCK : value;
    }),
  );

/** One more unit of its last digit: 10.00 becomes 10.01, and -10.00 becomes -10.01. */
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

/** Reports the last row of a statement with the smallest amount too much. */
export const wrongAmount = (answer: Response): Promise<Response> =>
  rewrite(
    answer,
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
