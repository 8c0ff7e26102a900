type Document = PDFKit.PDFDocument;

/** Eight characters per inch, as ANSI X9.100-160 requires: 9 points from one to the next. */
const PITCH = 9;
const HEIGHT = 8.4;
const FONT_SIZE = 11;

/** One bar or square of a symbol: left, bottom, width and height, in eighths of the character's width and height. */
type Box = readonly [left: number, bottom: number, width: number, height: number];

/** The two symbols that the MICR line of a check needs, close to their E-13B shapes. */
const SYMBOLS: Readonly<Record<string, readonly Box[]>> = {
  '⑆': [[0, 0, 1.4, 8], [4, 4.8, 3, 2.4], [4, 0.8, 3, 2.4]],
  '⑈': [[0, 2, 1.4, 5], [2.8, 2, 1.4, 5], [5.6, 0.5, 1.4, 8]],
}; // prettier-ignore

/** The MICR line as text: `⑈001042⑈ ⑆021000021⑆ 123456789⑈`. */
export const micrLine = (number: bigint, routingNumber: string, accountNumber: string): string =>
  `⑈${String(number).padStart(6, '0')}⑈ ⑆${routingNumber}⑆ ${accountNumber}⑈`;

/**
 * Draws the MICR line at the place and pitch that readers expect, with its last character ending at `right`. The real MICR font needs a
 * license, so the digits use a monospaced font and the symbols are drawn. Banks that read an image accept this. A bank that sorts
 * checks magnetically needs MICR toner and the real font.
 */
export function drawMicr(doc: Document, line: string, right: number, baseline: number): void {
  const start = right - line.length * PITCH;
  doc.font('Courier-Bold').fontSize(FONT_SIZE);
  Array.from(line).forEach((character, index) => {
    const left = start + index * PITCH;
    const boxes = SYMBOLS[character];
    if (boxes) return drawSymbol(doc, boxes, left, baseline);
    doc.text(character, left, baseline - FONT_SIZE * 0.77, { lineBreak: false });
  });
}

function drawSymbol(doc: Document, boxes: readonly Box[], left: number, baseline: number): void {
  const [x, y] = [PITCH * 0.75 * 0.125, HEIGHT * 0.125];
  for (const [boxLeft, bottom, width, height] of boxes)
    doc.rect(left + boxLeft * x, baseline - (bottom + height) * y, width * x, height * y).fill('black');
}
