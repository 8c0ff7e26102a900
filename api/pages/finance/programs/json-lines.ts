/** Finds the lines of a JSON text, so that an objection can name the line that it is about. */

/** The line of each value of a text that is JSON, by the way to it, such as `incentives[0].pay.percent`. */
export function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+|\n/g);
  let line = 1;
  const next = (): string => {
    for (;;) {
      const token = tokens.next().value?.[0] ?? '';
      if (token !== '\n') return token;
      line += 1;
    }
  };
  const read = (path: string, token: string): void => {
    if (!lines.has(path)) lines.set(path, line);
    if (token === '{')
      for (let name = next(); name.startsWith('"'); name = next()) {
        const own = `${path}${path === '' ? '' : '.'}${JSON.parse(name)}`;
        lines.set(own, line);
        next();
        read(own, next());
        if (next() !== ',') return;
      }
    if (token === '[') {
      let first = next();
      for (let index = 0; first !== ']' && first !== ''; index += 1) {
        read(`${path}[${index}]`, first);
        if (next() !== ',') return;
        first = next();
      }
    }
  };
  read('', next());
  return lines;
}

/** The line of a value, or of the nearest one above it that is there. */
export function lineOf(lines: ReadonlyMap<string, number>, field: string): number {
  for (let path = field; path !== ''; path = path.replace(/(?:\.[^.[\]]*|\[\d+\]|^[^.[\]]+)$/, '')) {
    const line = lines.get(path);
    if (line !== undefined) return line;
  }
  return 1;
}

/** The line that a message of the parser names, such as `… (line 3 column 5)`. */
export const lineInMessage = (message: string): number | null => {
  const line = /\(line (\d+) column \d+\)/.exec(message)?.[1];
  return line === undefined ? null : Number(line);
};
