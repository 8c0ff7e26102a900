import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';

import type { Money } from '../../domain/money.ts';
import { Currency, readMoney } from '../json.ts';

/** A booked line of the bank's statement. The amount is signed: a debit of our account is negative. */
export type BankEntry = {
  /** The day and the bank's reference, if it gives one. Several lines may share it, and then their order tells them apart. */
  id: string;
  amount: Money;
  bookedAt: Date;
  checkNumber: bigint | null;
  /** A booking that reverses an earlier one, such as a check that bounced. */
  isReversal: boolean;
  reason: string | null;
};

/**
 * A line that lacks something that we need, or that covers several checks, so that its amount is none of theirs. A person must look at
 * it; the other lines of the statement count.
 */
export type UnreadEntry = { id: string; checkNumber: bigint | null; problem: string };

export const isUnread = (entry: BankEntry | UnreadEntry): entry is UnreadEntry => 'problem' in entry;

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

/** The schema also allows dates with an offset, such as `2026-11-23+02:00`: the day is the bank's own. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?$/;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})T[\d:.]+(Z|[+-]\d{2}:\d{2})?$/;

type Booked = { day: string; at: Date };

function readDate({ Dt, DtTm }: { Dt?: string | undefined; DtTm?: string | undefined }): Booked | null {
  const [, dayOfTime, zone] = DATE_TIME.exec(DtTm ?? '') ?? [];
  const day = dayOfTime ?? DATE.exec(Dt ?? '')?.[1];
  const at = new Date(dayOfTime ? `${DtTm}${zone ? '' : 'Z'}` : `${day}T00:00:00Z`);
  return day === undefined || Number.isNaN(at.getTime()) ? null : { day, at };
}

const DateChoice = z.object({ Dt: z.string().optional(), DtTm: z.string().optional() });

const Details = z.object({
  Refs: z.object({ ChqNb: z.string().optional(), AcctSvcrRef: z.string().optional() }).optional(),
  RtrInf: z.object({ Rsn: z.object({ Cd: z.string().optional() }).optional() }).optional(),
});

/** camt.053.001.02 writes `Sts` as text, and .08 writes it as `Sts/Cd`. */
const Status = z.object({
  Sts: z.union([z.string(), z.object({ Cd: z.string() }).transform(({ Cd }) => Cd)]),
});

/** The parts that say which line it is. The schema makes each of them optional, and a bank may leave out any of them. */
const Name = z.object({
  BookgDt: DateChoice.optional(),
  ValDt: DateChoice.optional(),
  AcctSvcrRef: z.string().optional(),
  NtryRef: z.string().optional(),
  NtryDtls: z.array(z.object({ TxDtls: z.array(Details).optional() })).optional(),
});

const Entry = z.object({
  Amt: z.object({ '#text': z.string(), '@Ccy': Currency }),
  CdtDbtInd: z.enum(['CRDT', 'DBIT']),
  RvslInd: z.enum(['true', 'false', '1', '0']).optional(),
});

const Document = z.object({
  Document: z.object({
    BkToCstmrStmt: z.object({ Stmt: z.array(z.object({ Ntry: z.array(z.unknown()).optional() })) }),
  }),
});

const NO_DATE = 'BookgDt and ValDt are missing or not dates';

/** Says who the line is, as far as it says so itself. */
function readName(raw: unknown) {
  const { BookgDt, ValDt, AcctSvcrRef, NtryRef, NtryDtls } = Name.safeParse(raw).data ?? {};
  const details = NtryDtls?.flatMap(({ TxDtls }) => TxDtls ?? []) ?? [];
  const refs = details.flatMap(({ Refs }) => Refs ?? []);
  const numbers = [...new Set(refs.flatMap(({ ChqNb }) => (/^\d+$/.test(ChqNb ?? '') ? BigInt(ChqNb ?? '') : [])))];
  const reference = AcctSvcrRef ?? NtryRef ?? refs.find((ref) => ref.AcctSvcrRef)?.AcctSvcrRef;
  const booked = [BookgDt, ValDt].map((date) => readDate(date ?? {})).find((date) => date !== null) ?? null;
  return {
    booked,
    id: `${booked?.day ?? 'no date'}/${reference ?? 'no reference'}`,
    checkNumber: numbers.length === 1 ? (numbers[0] ?? null) : null,
    several: numbers.length > 1 ? numbers.join(', ') : null,
    reason: details.find(({ RtrInf }) => RtrInf?.Rsn?.Cd)?.RtrInf?.Rsn?.Cd ?? null,
  };
}

/** The field that could not be read, and why, without the bank's value. */
const problemOf = ({ issues: [first] }: z.ZodError): string => `${first?.path.join('.')}: ${first?.message}`;

function readEntry(raw: unknown): BankEntry | UnreadEntry | null {
  const { booked, reason, several, ...name } = readName(raw);
  const status = Status.safeParse(raw);
  if (status.success && status.data.Sts !== 'BOOK') return null;
  const read = Entry.safeParse(raw);
  if (!status.success || !read.success)
    return { ...name, problem: problemOf((status.error ?? read.error) as z.ZodError) };
  if (!booked) return { ...name, problem: NO_DATE };
  if (several) return { ...name, problem: `it covers several checks: ${several}` };
  const { Amt, CdtDbtInd, RvslInd } = read.data;
  const amount = readMoney(`${CdtDbtInd === 'DBIT' ? '-' : ''}${Amt['#text']}`, Amt['@Ccy']);
  if (!amount) return { ...name, problem: `Amt is not an amount in ${Amt['@Ccy']}` };
  return { ...name, amount, bookedAt: booked.at, isReversal: RvslInd === 'true' || RvslInd === '1', reason };
}

/** The parser takes everything that begins like this for a DOCTYPE. */
const DOCTYPE = '<!D';

/**
 * Reads the booked entries of a camt.053 statement (ISO 20022) and leaves out those that are only pending. An entry that cannot be read
 * is named among the others. Throws if it is not a camt.053. A bank has no use for a DOCTYPE in a statement, and a file can only declare
 * entities in one, so such a file is not parsed.
 */
export function readCamt(xml: string): (BankEntry | UnreadEntry)[] {
  if (xml.includes(DOCTYPE)) throw new Error('The statement has a DOCTYPE.');
  const { Document: document } = Document.parse(parser.parse(xml, true));
  const entries = document.BkToCstmrStmt.Stmt.flatMap(({ Ntry }) => Ntry ?? []);
  return entries.flatMap((entry) => readEntry(entry) ?? []);
}
