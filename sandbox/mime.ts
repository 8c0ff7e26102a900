type Part = { headers: Record<string, string>; body: string };

const EMPTY_LINE = /\r?\n\r?\n/;

/** Splits a message or a part at its first empty line; folded header lines are joined. */
function split(raw: string): Part {
  const at = EMPTY_LINE.exec(raw);
  const head = at ? raw.slice(0, at.index) : raw;
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers = lines.flatMap((line) => {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    return name && value !== undefined ? [[name.toLowerCase(), value]] : [];
  });
  return { headers: Object.fromEntries(headers), body: at ? raw.slice(at.index + at[0].length) : '' };
}

const fromQuotedPrintable = (text: string): Buffer =>
  Buffer.from(
    text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );

const DECODERS: Record<string, (body: string) => Buffer> = {
  base64: (body) => Buffer.from(body, 'base64'),
  'quoted-printable': fromQuotedPrintable,
};

function decode({ headers, body }: Part): string {
  const decoder = DECODERS[(headers['content-transfer-encoding'] ?? '').trim().toLowerCase()];
  return (decoder ? decoder(body) : Buffer.from(body, 'latin1')).toString('utf8').trimEnd();
}

/** Decodes `=?utf-8?Q?...?=` words; the blank between two of them is not part of the text. */
const decodeWords = (text: string): string =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?[^?]+\?([BQ])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(word, 'base64').toString('utf8')
        : fromQuotedPrintable(word.replaceAll('_', ' ')).toString('utf8'),
    );

/** All leaves of a message, however deep its parts are nested. */
function leavesOf(part: Part): Part[] {
  const [, boundary] = /^multipart\/.*boundary="?([^";]+)"?/i.exec(part.headers['content-type'] ?? '') ?? [];
  if (!boundary) return [part];
  return part.body
    .split(`--${boundary}`)
    .slice(1, -1)
    .flatMap((raw) => leavesOf(split(raw.replace(/^\r?\n/, ''))));
}

/** Reads what people look at in a mail. The bytes come as latin1, so that each part's own encoding can be undone. */
export function readMail(raw: string) {
  const mail = split(raw);
  const leaves = leavesOf(mail);
  const find = (type: string) =>
    leaves.find(({ headers }) => (headers['content-type'] ?? 'text/plain').startsWith(type));
  const [plain, rich] = [find('text/plain'), find('text/html')];
  return {
    subject: decodeWords(mail.headers['subject'] ?? ''),
    text: plain ? decode(plain) : '',
    html: rich ? decode(rich) : '',
    headers: mail.headers,
  };
}
