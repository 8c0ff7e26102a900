import { canonicalJson, sha256 } from '../../../../domain/canonical.ts';
import type { Upload } from '../../../http/deps.ts';
import { html, type Html } from '../../html.ts';

/** A form whose file is seen before it counts. The form keeps the file, so it is chosen once and stored nowhere. */

/** Names what was previewed, so that nothing else is taken in by its confirmation. */
export const fingerprintOf = ({ fields, files }: Upload, names: readonly string[]): string =>
  Buffer.from(
    sha256(
      canonicalJson({
        fields: Object.fromEntries(names.map((name) => [name, fields.get(name) ?? ''])),
        files: Object.fromEntries([...files].map(([name, { sha256: hash }]) => [name, hash])),
      }),
    ),
  ).toString('hex');

type Confirmation = {
  title: string;
  about: string;
  fingerprint: string;
  action: string;
  button: string;
  back: string;
};

/** The last part of such a form. */
export const confirmation = ({ title, about, fingerprint, action, button, back }: Confirmation): Html =>
  html`<section class="card next" data-tone="watch">
    <h2>${title}</h2>
    <p>${about} If the form above no longer names the file, choose it again.</p>
    <input type="hidden" name="seen" value="${fingerprint}" />
    <p class="buttons">
      <a class="button" href="${back}">Not now</a>
      <button class="primary" formaction="${action}">${button}</button>
    </p>
  </section>`;
