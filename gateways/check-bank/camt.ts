import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';

import { type Money, parseDecimal } from '../../domain/money.ts';
import { Currency, Decimal } from '../json.ts';

/** A booked line of the bank's statement. The amount is signed: a debit of our account is negative. */
export type BankEntry = {
  /** The bank's own reference of the line. */
  id: string;
  amount: Money;
  bookedAt: Date;
  checkNumber: bigint | null;
  /** A booking that reverses an earlier one, such as a check that bounced. */
  isReversal: boolean;
  reason: string | null;
};

const LISTS: ReadonlySet<string> = new Set(['Stmt', 'Ntry', 'NtryDtls', 'TxDtls']);

/** Reads no value as a number, so that no amount ever becomes a float. The bank's file cannot define entities. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  removeNSPrefix: true,
  processEntities: false,
  isArray: (name) => LISTS.has(name),
});

const Details = z.object({
  Refs: z.object({ ChqNb: z.string().optional() }).optional(),
  RtrInf: z.object({ Rsn: z.object({ Cd: z.string().optional() }).optional() }).optional(),
});

/** camt.053.001.02 writes `Sts` as text, and .08 writes it as `Sts/Cd`. */
const Entry = z.object({
  NtryRef: z.string().optional(),
  Amt: z.object({ '#text': Decimal, '@Ccy': Currency }),
  CdtDbtInd: z.enum(['CRDT', 'DBIT']),
  RvslInd: z.enum(['true', 'false', '1', '0']).optional(),
  Sts: z.union([z.string(), z.object({ Cd: z.string() }).transform(({ Cd }) => Cd)]),
  BookgDt: z.object({ Dt: z.string().optional(), DtTm: z.string().optional() }),
  AcctSvcrRef: z.string(),
  NtryDtls: z.array(z.object({ TxDtls: z.array(Details).optional() })).optional(),
});

const Document = z.object({
  Document: z.object({
    BkToCstmrStmt: z.object({ Stmt: z.array(z.object({ Ntry: z.array(Entry).optional() })) }),
  }),
});

function toEntry(entry: z.infer<typeof Entry>): BankEntry {
  const details = entry.NtryDtls?.flatMap(({ TxDtls }) => TxDtls ?? []) ?? [];
  const number = details.find(({ Refs }) => Refs?.ChqNb)?.Refs?.ChqNb;
  const sign = entry.CdtDbtInd === 'DBIT' ? '-' : '';
  return {
    id: entry.AcctSvcrRef,
    amount: parseDecimal(`${sign}${entry.Amt['#text']}`, entry.Amt['@Ccy']),
    bookedAt: new Date(entry.BookgDt.DtTm ?? `${entry.BookgDt.Dt}T00:00:00Z`),
    checkNumber: number && /^\d+$/.test(number) ? BigInt(number) : null,
    isReversal: entry.RvslInd === 'true' || entry.RvslInd === '1',
    reason: details.find(({ RtrInf }) => RtrInf?.Rsn?.Cd)?.RtrInf?.Rsn?.Cd ?? null,
  };
}

/** The parser takes everything that begins like this for a DOCTYPE. */
const DOCTYPE = '<!D';

/**
 * Reads the booked entries of a camt.053 statement (ISO 20022) and leaves out those that are only pending. Throws if it is not a
 * camt.053. A bank has no use for a DOCTYPE in a statement, and a file can only declare entities in one, so such a file is not parsed.
 */
export function readCamt(xml: string): BankEntry[] {
  if (xml.includes(DOCTYPE)) throw new Error('The statement has a DOCTYPE.');
  const { Document: document } = Document.parse(parser.parse(xml, true));
  const entries = document.BkToCstmrStmt.Stmt.flatMap(({ Ntry }) => Ntry ?? []);
  return entries.filter(({ Sts }) => Sts === 'BOOK').map(toEntry);
}
