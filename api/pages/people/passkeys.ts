import {
  addOwnPasskey,
  readRemovable,
  removeOwnPasskey,
  renameOwnPasskey,
} from '../../../commands/people/own-passkeys.ts';
import { askForPasskey } from '../../../commands/people/passkeys.ts';
import { listPasskeys, type Passkey } from '../../../db/people/passkeys.ts';
import type { Visitor } from '../../../db/people/sessions.ts';
import { Failure, type FailureDetail } from '../../../domain/errors.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { sendMailSoon } from '../../http/wake.ts';
import { facts } from '../components.ts';
import { readNewPasskey } from '../credential.ts';
import { field, type FieldWish, type Filled, objectionsOf } from '../form.ts';
import { type definePages, idOf, type PageContext, readForm, sendPage } from '../guard.ts';
import { html, type Html } from '../html.ts';
import { sharedPage } from '../layout.ts';
import { say } from '../say.ts';
import { defineSigning } from '../signing.ts';
import { passkeyForm } from './passkey-form.ts';
import { signingPlace } from './signature.ts';

const NAME_CHARS_MAX = 60;
const nameField = (): FieldWish => ({
  name: 'name',
  label: say('passkeys.name'),
  help: say('passkeys.name.help'),
  required: true,
  lengthMax: NAME_CHARS_MAX,
});

/** How an authenticator is reached, in words. */
const PLACES: Readonly<Record<string, 'internal' | 'hybrid' | 'key'>> = {
  internal: 'internal',
  hybrid: 'hybrid',
  usb: 'key',
  nfc: 'key',
  ble: 'key',
};

/** The name of a passkey for its owner. */
export function nameOf({ name, transports }: Passkey): string {
  const place = transports.map((transport) => PLACES[transport]).find((one) => one !== undefined);
  return name ?? (place ? say(`passkeys.place.${place}`) : say('account.passkey'));
}

/** A person adds and removes passkeys of their own account. They sign each of it with what they have already. */
export function passkeyPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, vault } = deps;
  const place = signingPlace(deps);
  const sign = defineSigning(deps);
  const canUseProvider = deps.identityProvider !== undefined;

  const newForm = async (person: { actorId: string; actorCode: string }, filled: Filled): Promise<Html> => {
    const options = await askForPasskey(db, vault, place.site, { actorId: person.actorId, actor: person.actorCode });
    const wish = { kind: 'create', action: '/account/passkeys/new', options, button: say('passkeys.make') } as const;
    return html`<header class="title">
        <p><a href="/account">${say('place.account')}</a></p>
        <h1>${say('passkeys.add')}</h1>
        <p>${say('passkeys.add.about')}</p>
      </header>
      <section class="card fields">${passkeyForm({ ...wish, field: 'made' }, field(nameField(), filled))}</section>
      <p><a href="/account">${say('form.notNow')}</a></p>`;
  };

  pages.on('GET /account/passkeys/new', async (c, visitor) => {
    const main = await newForm(visitor, { values: {} });
    return sendPage(c, sharedPage({ title: say('passkeys.add'), here: '/account', main }, visitor));
  });

  pages.on('POST /account/passkeys/new', async (c, visitor) => {
    const { name, made } = await readForm(c, 'name', 'made');
    const { label, objections } = labelOf(name);
    if (objections) {
      const main = await newForm(visitor, { values: { name }, objections });
      return sendPage(c, sharedPage({ title: say('passkeys.add'), here: '/account', main }, visitor), 400);
    }
    const response = readNewPasskey(made);
    return sign(c, visitor, {
      act: 'add passkey',
      subject: `actor/${visitor.actorCode}`,
      read: (tx) => listPasskeys(tx, visitor.actorId),
      content: (passkeys) => passkeys.map(({ id }) => id),
      typed: { name, made: JSON.stringify(response) },
      perform: (tx, signatureId) => addOwnPasskey(tx, place, visitor, { name: label, made: response, signatureId }),
      title: say('passkeys.addThis', { name: label }),
      here: '/account',
      about: (passkeys) =>
        html`${facts([
            [say('passkeys.new'), label],
            [say('passkeys.have'), passkeys.map(nameOf).join(', ') || say('passkeys.none')],
          ])}
          <p>${say('passkeys.addThis.about')}</p>`,
      button: say('passkeys.addAndSign'),
      back: '/account',
      answer: async () => {
        await sendMailSoon(deps);
        return c.redirect('/account', 303);
      },
    });
  });

  pages.on('GET /account/passkeys/{id}/name', async (c, visitor) => {
    const passkey = await passkeyOf(c, visitor);
    const main = renameForm(passkey, { values: { name: nameOf(passkey) } });
    return sendPage(c, sharedPage({ title: say('passkeys.rename'), here: '/account', main }, visitor));
  });

  pages.on('POST /account/passkeys/{id}/name', async (c, visitor) => {
    const passkey = await passkeyOf(c, visitor);
    const { name } = await readForm(c, 'name');
    const { label, objections } = labelOf(name);
    if (objections) {
      const main = renameForm(passkey, { values: { name }, objections });
      return sendPage(c, sharedPage({ title: say('passkeys.rename'), here: '/account', main }, visitor), 400);
    }
    await renameOwnPasskey(db, visitor, { id: passkey.id, name: label });
    return c.redirect('/account', 303);
  });

  async function passkeyOf(c: PageContext, { actorId }: Visitor): Promise<Passkey> {
    const id = idOf(c, 'passkey');
    const passkey = (await listPasskeys(db, actorId)).find((one) => one.id === id);
    if (!passkey) throw new Failure('not_found', `You have no passkey ${id}.`);
    return passkey;
  }

  pages.on('POST /account/passkeys/{id}/removal', (c, visitor) => {
    const id = idOf(c, 'passkey');
    const { actorId } = visitor;
    return sign(c, visitor, {
      act: 'remove passkey',
      subject: `passkey/${id}`,
      read: (tx) => readRemovable(tx, { actorId, id, canUseProvider }),
      content: (passkey) => ({ id: passkey.id }),
      typed: {},
      perform: (tx, signatureId, passkey) => removeOwnPasskey(tx, visitor, { id, name: nameOf(passkey), signatureId }),
      title: say('passkeys.removeThis'),
      here: '/account',
      about: (passkey) =>
        html`${facts([[say('account.passkey'), nameOf(passkey)]])}
          <p>${say('passkeys.removeThis.about')}</p>`,
      button: say('passkeys.removeAndSign'),
      back: '/account',
      answer: async () => {
        await sendMailSoon(deps);
        return c.redirect('/account', 303);
      },
    });
  });
}

/** The name that somebody typed for a passkey, in one line, or the objection to it. */
function labelOf(name: string): { label: string; objections?: readonly FailureDetail[] } {
  const label = name.replaceAll(/\s+/g, ' ').trim();
  if (label !== '' && label.length <= NAME_CHARS_MAX) return { label };
  const reason = label === '' ? 'is missing' : `is longer than ${NAME_CHARS_MAX} letters`;
  return { label, objections: [{ field: 'name', reason }] };
}

const renameForm = ({ id }: Passkey, filled: Filled): Html =>
  html`<header class="title">
      <p><a href="/account">${say('place.account')}</a></p>
      <h1>${say('passkeys.rename')}</h1>
    </header>
    ${objectionsOf(['name'], filled.objections)}
    <form method="post" action="/account/passkeys/${id}/name" class="card fields">
      ${field(nameField(), filled)}
      <p class="buttons">
        <a class="button" href="/account">${say('form.notNow')}</a>
        <button class="primary">${say('passkeys.rename.button')}</button>
      </p>
    </form>`;
