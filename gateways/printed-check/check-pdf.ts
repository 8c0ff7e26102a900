import PdfDocument from 'pdfkit';

import { formatDecimal, formatMoney, type Money } from '../../domain/money.ts';
import type { PostalAddress } from '../gateway.ts';
import { amountInWords } from './amount-words.ts';
import { drawMicr, micrLine } from './micr.ts';

/** Everything that is printed on a check. Outside the US there is no routing number, and therefore no MICR line. */
export type PrintedCheck = {
  number: bigint;
  accountNumber: string;
  routingNumber: string | null;
  bankName: string;
  payee: string;
  payeeAddress: PostalAddress;
  payerName: string;
  payerAddress: PostalAddress | null;
  amount: Money;
  date: string;
  memo: string;
};

type Document = PDFKit.PDFDocument;

const INCH = 72;
const LEFT = 0.5 * INCH;
const RIGHT = 8 * INCH;
/** A check is three and a half inches high. Its stub is below. */
const CHECK_HEIGHT = 3.5 * INCH;
/** The clear band at the bottom of a check contains only the MICR line. */
const MICR_BASELINE = CHECK_HEIGHT - 0.25 * INCH;

/** The letters that the built-in fonts can draw: Windows code page 1252. */
const PRINTABLE = /^[\x20-\x7e\u00a0-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]*$/;

/** Whether a text can be printed unchanged. A letter that cannot be printed must not silently become another one. */
export const isPrintable = (text: string): boolean => PRINTABLE.test(text);

const linesOf = ({ line1, line2, city, region, postalCode, country }: PostalAddress): string[] =>
  [line1, line2 ?? '', `${city} ${region} ${postalCode}`.trim(), country === 'US' ? '' : country].filter(Boolean);

/** Draws each check and its stub on one page of US letter paper. The same checks always give the same bytes. */
export async function drawChecks([first, ...others]: readonly [PrintedCheck, ...PrintedCheck[]]): Promise<Buffer> {
  const last = others.at(-1);
  const doc = new PdfDocument({
    size: 'LETTER',
    margin: 0,
    info: {
      Title: last ? `Checks ${first.number} to ${last.number}` : `Check ${first.number}`,
      CreationDate: new Date(`${first.date}T00:00:00Z`),
    },
  });
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const finished = new Promise<void>((resolve) => doc.on('end', resolve));
  for (const check of [first, ...others]) {
    if (check !== first) doc.addPage();
    drawFace(doc, check);
    drawStub(doc, check);
  }
  doc.end();
  await finished;
  return Buffer.concat(chunks);
}

function drawFace(doc: Document, check: PrintedCheck): void {
  const { amount, payee, number, date, memo, bankName } = check;
  write(doc, [check.payerName, ...(check.payerAddress ? linesOf(check.payerAddress) : [])], LEFT, 0.35 * INCH, true);
  write(doc, [bankName], 3.6 * INCH, 0.35 * INCH);
  write(doc, [`No. ${number}`, `Date ${date}`], 6.4 * INCH, 0.35 * INCH);
  write(doc, ['PAY TO THE ORDER OF'], LEFT, 1.2 * INCH);
  write(doc, [payee], LEFT + 1.5 * INCH, 1.2 * INCH, true);
  write(doc, [`${amount.currency} **${formatDecimal(amount)}**`], 6.1 * INCH, 1.2 * INCH, true);
  write(doc, [`${amountInWords(amount)} ***`], LEFT, 1.5 * INCH);
  doc
    .moveTo(LEFT, 1.68 * INCH)
    .lineTo(RIGHT, 1.68 * INCH)
    .lineWidth(0.5)
    .stroke();
  write(doc, [payee, ...linesOf(check.payeeAddress)], LEFT + 0.4 * INCH, 1.85 * INCH);
  write(doc, [`Memo ${memo}`], LEFT, 2.75 * INCH);
  doc
    .moveTo(5 * INCH, 2.87 * INCH)
    .lineTo(RIGHT, 2.87 * INCH)
    .stroke();
  write(doc, ['Authorized signature'], 5.8 * INCH, 2.9 * INCH);
  if (check.routingNumber)
    drawMicr(doc, micrLine(number, check.routingNumber, check.accountNumber), RIGHT - 1.6 * INCH, MICR_BASELINE);
}

function drawStub(doc: Document, { number, date, payee, amount, memo, payerName }: PrintedCheck): void {
  const top = CHECK_HEIGHT + 0.5 * INCH;
  doc
    .moveTo(0, CHECK_HEIGHT)
    .lineTo(8.5 * INCH, CHECK_HEIGHT)
    .dash(3, { space: 3 })
    .stroke()
    .undash();
  write(doc, ['Remittance advice'], LEFT, top, true);
  write(doc, ['Check', 'Date', 'From', 'To', 'Reference', 'Amount'], LEFT, top + 24);
  const values = [String(number), date, payerName, payee, memo, formatMoney(amount)];
  write(doc, values, LEFT + 1.2 * INCH, top + 24);
}

function write(doc: Document, lines: readonly string[], left: number, top: number, isStrong = false): void {
  doc.font(isStrong ? 'Helvetica-Bold' : 'Helvetica').fontSize(9);
  lines.forEach((line, index) => doc.text(line, left, top + index * 12, { lineBreak: false }));
}
