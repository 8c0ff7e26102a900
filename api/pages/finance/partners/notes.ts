import { addPartnerNote } from '../../../../commands/partners/notes.ts';
import type { PartnerNote } from '../../../../db/partners/notes.ts';
import type { Partner } from '../../../../db/partners/partners.ts';
import { Failure } from '../../../../domain/errors.ts';
import type { Role } from '../../../../domain/people/role.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, readForm } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { partnerOf, partnerPath, ZONE } from './address.ts';

const NOTE_CHARS_MAX = 2000;

/** The notes about a partner, which the partner never sees. */
export const drawNotes = (partner: Partner, notes: readonly PartnerNote[], roles: readonly Role[]): Html =>
  html`<section class="card" id="notes">
    <h2>Notes</h2>
    ${
      mayUse(roles, 'POST /partners/{code}/notes') &&
      html`<form method="post" action="${partnerPath(partner.code)}/notes" class="note">
        <label>New note <textarea name="text" rows="3" maxlength="${NOTE_CHARS_MAX}" required></textarea></label>
        <p class="buttons"><button>Keep the note</button></p>
      </form>`
    }
    ${
      notes.length === 0
        ? html`<p class="quiet">Nobody wrote a note yet. Notes are for colleagues: the partner never sees them.</p>`
        : html`<ol class="timeline">
            ${notes.map(
              ({ text, writtenBy, writtenAt }) =>
                html`<li>
                  <strong>${writtenBy}</strong><small>${formatInstant(writtenAt, ZONE)}</small>
                  <p class="text">${text}</p>
                </li>`,
            )}
          </ol>`
    }
  </section>`;

export function partnerNotePages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('POST /partners/{code}/notes', async (c, { actorId }) => {
    const { code } = await partnerOf(db, c);
    const text = (await readForm(c, 'text')).text.replaceAll('\r\n', '\n').trim();
    if (text === '' || text.length > NOTE_CHARS_MAX)
      throw new Failure('invalid_input', `Nothing was kept. A note has 1 to ${NOTE_CHARS_MAX} letters.`, {
        details: [{ field: 'text', reason: text === '' ? 'is missing' : 'is too long' }],
      });
    await addPartnerNote(db, code, text, actorId);
    return c.redirect(`${partnerPath(code)}#notes`, 303);
  });
}
