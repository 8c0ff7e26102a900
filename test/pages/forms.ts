/** The forms of a page, as a browser without scripts sends them. */

export type Field = { name: string; kind: string; value: string; isRequired: boolean };
/** One way to send a form: by one of its buttons. */
export type Sending = { action: string; fields: readonly Field[]; button: Readonly<Record<string, string>> };

const plain = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
const attributeOf = (tag: string, name: string): string | undefined => {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? value : plain(value);
};

function fieldsOf(form: string): Field[] {
  const found: Field[] = [];
  for (const { 0: tag, 1: element = '', index } of form.matchAll(/<(input|textarea|select)\b[^>]*>/g)) {
    const kind = element === 'input' ? (attributeOf(tag, 'type') ?? 'text') : element;
    const [inside = ''] = form.slice(index + tag.length).split(`</${element}>`, 1);
    const chosen = /<option[^>]*\sselected/.exec(inside)?.[0] ?? /<option[^>]*>/.exec(inside)?.[0] ?? '';
    if (['checkbox', 'radio'].includes(kind) && !/\schecked/.test(tag)) continue;
    found.push({
      name: attributeOf(tag, 'name') ?? '',
      kind,
      value: kind === 'textarea' ? plain(inside) : (attributeOf(kind === 'select' ? chosen : tag, 'value') ?? ''),
      isRequired: /\srequired/.test(tag),
    });
  }
  return found;
}

/** Every way to send every form of a page that changes something. */
export const sendingsOf = (page: string): Sending[] =>
  [...page.matchAll(/(<form\b[^>]*\smethod="post"[^>]*>).*?<\/form\s*>/gs)].flatMap(([form, head = '']) =>
    [...form.matchAll(/<button\b[^>]*>/g)]
      .filter(([button]) => attributeOf(button, 'type') !== 'button')
      .map(([button]) => {
        const name = attributeOf(button, 'name');
        return {
          action: attributeOf(button, 'formaction') ?? attributeOf(head, 'action') ?? '',
          fields: fieldsOf(form),
          button: name === undefined ? {} : { [name]: attributeOf(button, 'value') ?? '' },
        };
      }),
  );

/** The links of a page to our own pages. */
export const linksOf = (page: string): string[] =>
  [...page.matchAll(/<a\b[^>]*\shref="(\/[^"#]*)/g)].map(([, href = '']) => plain(href));

/** The buttons of a page that send no form, and open nothing without a script. */
export const deadButtonsOf = (page: string): string[] =>
  [...page.matchAll(/<button\b[^>]*\stype="button"[^>]*>/g)]
    .map(([button]) => button)
    .filter((button) => !/\s(commandfor|popovertarget)="/.test(button));
