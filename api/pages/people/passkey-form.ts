import { html, type Html } from '../html.ts';
import { say } from '../say.ts';

/** A form that a passkey answers. Its button asks the browser, and the answer travels in a hidden field. */
export const passkeyForm = (
  {
    kind,
    action,
    options,
    button,
    hidden = {},
    field = 'credential',
  }: {
    kind: 'create' | 'get';
    action: string;
    options: object;
    button: string;
    hidden?: Readonly<Record<string, string>>;
    /** The hidden field in which the answer travels. */
    field?: string;
  },
  inside: Html | null = null,
): Html =>
  html`<form
    method="post"
    action="${action}"
    data-passkey="${kind}"
    data-options="${JSON.stringify(options)}"
    data-field="${field}"
    data-refused="${say('passkey.refused')}"
  >
    ${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <input type="hidden" name="${field}" value="" />
    ${inside}
    <p class="buttons"><button class="primary">${button}</button></p>
    <p role="status"></p>
    <noscript><p>${say('passkey.noScript')}</p></noscript>
  </form>`;
