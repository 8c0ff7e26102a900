import { decideLoss, findLossRefusal, reportLoss } from '../../../../commands/people/losses.ts';
import type { Database } from '../../../../db/database.ts';
import { getActor } from '../../../../db/people/actors.ts';
import { getLoss, lockLoss, lockRolesOf, type Loss } from '../../../../db/people/losses.ts';
import type { Failure } from '../../../../domain/errors.ts';
import { lossNeedsTwo, type LossStatus } from '../../../../domain/people/loss.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { sendMailSoon } from '../../../http/wake.ts';
import { askReason, facts, tag } from '../../components.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, idOf, readReason, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';
import { LOSS_STATUS, ROLE } from '../../words.ts';
import { personPath } from './people.ts';
import { inSettings } from './settings.ts';

const say = (at: Date): string => formatInstant(at, 'UTC');
const CONSEQUENCES = 'Their passkeys and sessions end at once, and a new link goes to their address.';

const aboutLoss = (loss: Loss): Html =>
  facts([
    ['Person', html`${loss.name} <small>${loss.actor}</small>`],
    ['Why', loss.reason],
    ['The link goes to', loss.email ?? 'nobody: there is no address'],
    ['Reported by', html`${loss.proposedBy} <small>${say(loss.proposedAt)}</small>`],
    ...(loss.decidedBy && loss.decidedAt
      ? [['Decided by', html`${loss.decidedBy} <small>${say(loss.decidedAt)}</small>`] as const]
      : []),
    ...(loss.note ? [['Note', html`<q>${loss.note}</q>`] as const] : []),
  ]);

const contentOf = ({ actor, name, email, reason, status, proposedBy }: Loss) => ({
  actor,
  name,
  email,
  reason,
  status,
  proposedBy,
});

/** A person lost their passkey. Two operators give a new way in to a person who approves or gives roles. */
export function lossPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, vault } = deps;
  const sign = defineSigning(deps);

  pages.on('POST /settings/people/{code}/lost-passkey', async (c, visitor) => {
    const { code } = await getActor(db, c.req.param('code') ?? '');
    const reason = await readReason(c);
    return sign(c, visitor, {
      act: 'report lost passkey',
      subject: `actor/${code}`,
      read: async (tx) => {
        const person = await getActor(tx, code);
        return { person, roles: (await lockRolesOf(tx, person.id)).map(({ role }) => role) };
      },
      content: ({ person: { name, email }, roles }) => ({ name, email, roles: [...roles] }),
      typed: { reason },
      perform: (tx, signatureId, { person }) =>
        reportLoss(tx, vault, { person, reason, by: visitor.actorId, signatureId }),
      title: 'Report this passkey as lost?',
      here: '/settings',
      about: ({ person, roles }) =>
        html`${facts([
            ['Person', html`${person.name} <small>${person.code}</small>`],
            ['Roles', roles.map((role) => ROLE[role]).join(', ') || 'none'],
            ['Why', reason],
            ['The link goes to', person.email ?? 'nobody: there is no address'],
          ])}
          <p>
            ${lossNeedsTwo(roles) ? 'Nothing changes before another operator confirms it. Then: ' : ''}${CONSEQUENCES}
            Their keys of the API stay.
          </p>`,
      button: 'Report and sign',
      back: personPath(code),
      answer: async ({ id, status }) => {
        if (status === 'confirmed') await sendMailSoon(deps);
        return c.redirect(`/settings/lost-passkeys/${id}`, 303);
      },
    });
  });

  pages.on('GET /settings/lost-passkeys/{id}', async (c, visitor) => {
    const loss = await getLoss(db, idOf(c, 'lost passkey'));
    const isOpen = loss.status === 'proposed' && mayUse(visitor.roles, 'POST /settings/lost-passkeys/{id}/confirm');
    const refusal = isOpen ? await findLossRefusal(db, loss, { by: visitor.actorId, decision: 'confirm' }) : undefined;
    const main = html`<header class="title">
        ${inSettings(['People and roles', '/settings/people'], [loss.name, personPath(loss.actor)])}
        <h1>Lost passkey ${lossTag(loss.status)}</h1>
        ${loss.status === 'proposed' && html`<p>Nothing has changed yet. Another operator confirms it after they spoke with ${loss.name}.</p>`}
        ${isOpen && actions(loss, refusal)}
      </header>
      <section class="card">${aboutLoss(loss)}</section>`;
    return sendPage(c, consolePage({ title: `Lost passkey of ${loss.name}`, here: '/settings', main }, visitor));
  });

  const readToDecide =
    (id: string, by: string, decision: 'confirm' | 'refuse') =>
    async (tx: Database): Promise<Loss> => {
      const loss = await lockLoss(tx, id);
      const refusal = await findLossRefusal(tx, loss, { by, decision });
      if (refusal) throw refusal;
      return loss;
    };
  const formFor = (id: string) => ({
    subject: `lost-passkey/${id}`,
    content: contentOf,
    here: '/settings' as const,
    back: `/settings/lost-passkeys/${id}`,
  });

  pages.on('POST /settings/lost-passkeys/{id}/confirm', (c, visitor) => {
    const by = visitor.actorId;
    const id = idOf(c, 'lost passkey');
    return sign(c, visitor, {
      ...formFor(id),
      act: 'confirm lost passkey',
      read: readToDecide(id, by, 'confirm'),
      typed: {},
      perform: (tx, signatureId) => decideLoss(tx, vault, { id, by, decision: 'confirm', note: null, signatureId }),
      title: 'Give this person a new way in?',
      about: (loss) =>
        html`${aboutLoss(loss)}
          <p>Confirm it only after you spoke with them. ${CONSEQUENCES}</p>`,
      button: 'Confirm and sign',
      answer: async () => {
        await sendMailSoon(deps);
        return c.redirect(`/settings/lost-passkeys/${id}`, 303);
      },
    });
  });

  pages.on('POST /settings/lost-passkeys/{id}/refuse', async (c, visitor) => {
    const by = visitor.actorId;
    const id = idOf(c, 'lost passkey');
    const note = await readReason(c);
    return sign(c, visitor, {
      ...formFor(id),
      act: 'refuse lost passkey',
      read: readToDecide(id, by, 'refuse'),
      typed: { reason: note },
      perform: (tx, signatureId) => decideLoss(tx, vault, { id, by, decision: 'refuse', note, signatureId }),
      title: 'Refuse the new way in?',
      about: (loss) => html`${aboutLoss(loss)} ${facts([['Why not', note]])}`,
      button: 'Refuse and sign',
      answer: () => c.redirect(`/settings/lost-passkeys/${id}`, 303),
    });
  });
}

export const lossTag = (status: LossStatus): Html => tag(LOSS_STATUS[status]);

/** The button with which an operator reports a loss. */
export const reportButton = (code: string): Html =>
  askReason({
    id: 'lost-passkey',
    action: `${personPath(code)}/lost-passkey`,
    button: 'Lost passkey',
    title: 'Did this person lose their passkey?',
    about: 'First speak with them. They get a new link, and the passkeys that they have now end.',
  });

const actions = ({ id }: Loss, refusal: Failure | undefined): Html => {
  const path = `/settings/lost-passkeys/${id}`;
  return html`<div class="actions">
      ${!refusal && html`<form method="post" action="${path}/confirm"><button class="primary">Confirm…</button></form>`}
      ${askReason({
        id: 'refuse',
        action: `${path}/refuse`,
        button: 'Refuse',
        title: 'Refuse the new way in?',
        about: 'Their passkeys stay, and no link goes out.',
      })}
    </div>
    ${refusal && html`<p class="quiet"><strong>You cannot confirm it.</strong> ${refusal.message.replace(' Nothing was changed.', '')}</p>`}`;
};
