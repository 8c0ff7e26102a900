/** A rate as a file has it, with the line on which it stands. */
export type FileRate = { readonly line: number; readonly day: string; readonly quote: string; readonly rate: string };

export type FileProblem = { readonly line: number; readonly field: string; readonly reason: string };

/** One tag, with its attributes as one text. Text between tags, comments and the prologue are skipped before. */
const TAG = /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[A-Za-z][\w:.-]*\s*=\s*(?:"[^"<&]*"|'[^'<&]*'))*)\s*(\/?)>/y;
const ATTRIBUTE = /([A-Za-z][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const SKIPPED = /(?:[^<&]+|<!--(?:(?!--)[\s\S])*-->|<\?xml\s[^?<>]*\?>)+/y;

/**
 * Reads the reference rates of the European Central Bank as XML: `Cube time=…` with `Cube currency=… rate=…` within it, for one day or
 * many. It reads nothing but tags with attributes. A document type, an entity or any other mark-up ends the reading, so nothing is ever
 * expanded or looked up.
 */
export function readEcbXml(text: string): { rates: FileRate[]; problem?: FileProblem } {
  const rates: FileRate[] = [];
  const open: string[] = [];
  const counter = lineCounter(text);
  let day: string | null = null;
  let at = 0;
  const stop = (field: string, reason: string) => ({ rates, problem: { line: counter(at), field, reason } });
  while (at < text.length) {
    at = endOf(SKIPPED, text, at) ?? at;
    if (at >= text.length) break;
    TAG.lastIndex = at;
    const [all, slash, name = '', list = '', isEmpty] = TAG.exec(text) ?? [];
    if (all === undefined) return stop('file', 'has mark-up that a file of reference rates never has');
    if (slash) {
      if (open.pop() !== name) return stop(name, 'is closed here and was not opened last');
      if (name === 'Cube' && open.filter((one) => one === 'Cube').length === 1) day = null;
    } else {
      const given = attributesOf(list);
      const { time, currency, rate } = given;
      if (name === 'Cube' && time !== undefined) day = time;
      if (currency !== undefined || rate !== undefined) {
        if (currency === undefined) return stop('currency', 'is missing next to a rate');
        if (rate === undefined) return stop(currency, 'has no rate');
        if (day === null) return stop(currency, 'has no day: it stands in no Cube with a time');
        rates.push({ line: counter(at), day, quote: currency, rate });
      }
      if (!isEmpty) open.push(name);
    }
    at += all.length;
  }
  const unclosed = open.at(-1);
  return unclosed === undefined ? { rates } : stop(unclosed, 'is never closed: the file is cut off');
}

const attributesOf = (list: string): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    Array.from(list.matchAll(ATTRIBUTE), ([, name, double, single]) => [name, double ?? single ?? '']),
  );

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** Tells the line of a place. Places are asked for in their order. */
function lineCounter(text: string): (at: number) => number {
  let line = 1;
  let seen = 0;
  return (at) => {
    for (let next = text.indexOf('\n', seen); next >= 0 && next < at; next = text.indexOf('\n', seen)) {
      line += 1;
      seen = next + 1;
    }
    return line;
  };
}
