/** A text of a body of lines, with its number. The text of a line that is too long is null. */
export type TextLine = { readonly line: number; readonly text: string | null };

/** Far above the longest event. It bounds the memory that a line needs. */
export const LINE_CHARS_MAX = 64 * 1024;

/** Some systems begin a file with it. The first line is read without it. */
const BYTE_ORDER_MARK = /^\uFEFF/;

/** Splits a text into its lines as it arrives, and leaves out those that are blank. */
export async function* readLines(pieces: AsyncIterable<string>): AsyncGenerator<TextLine> {
  let number = 1;
  let rest = '';
  let isTooLong = false;
  const finish = (text: string): TextLine => {
    const line = {
      line: number,
      text: isTooLong || text.length > LINE_CHARS_MAX ? null : number === 1 ? text.replace(BYTE_ORDER_MARK, '') : text,
    };
    number += 1;
    isTooLong = false;
    return line;
  };
  for await (const piece of pieces) {
    const texts = (rest + piece).split('\n');
    rest = texts.pop() ?? '';
    for (const text of texts) {
      const line = finish(text);
      if (line.text === null || line.text.trim() !== '') yield line;
    }
    if (rest.length > LINE_CHARS_MAX) [rest, isTooLong] = ['', true];
  }
  const last = finish(rest);
  if (last.text === null || last.text.trim() !== '') yield last;
}
