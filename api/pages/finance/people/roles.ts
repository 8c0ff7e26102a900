import { sendClaimAgain } from '../../../../commands/people/claims.ts';
import { decideGrant, findGrantRefusal, revokeGrant } from '../../../../commands/people/grants.ts';
import type { Database } from '../../../../db/database.ts';
import { getGrant, type Grant, lockGrant } from '../../../../db/people/grants.ts';
import type { Failure } from '../../../../domain/errors.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { sendMailSoon } from '../../../http/wake.ts';
import { askReason, facts } from '../../components.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, idOf, readReason, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { roleOf } from '../../role-words.ts';
import { defineSigning } from '../../signing.ts';
import { personPath } from './people.ts';
import { grantTag } from './person.ts';
import { inSettings } from './settings.ts';

const say = (at: Date): string => formatInstant(at, 'UTC');

/** The parts of a role that a signature covers. */
const contentOf = ({ actor, name, email, role, partner, programs, payers, status, proposedBy, expiresAt }: Grant) => ({
  actor,
  name,
  email,
  role,
  partner,
  programs,
  payers,
  status,
  proposedBy,
  expiresAt: expiresAt?.toISOString() ?? null,
});

const aboutGrant = (grant: Grant): Html =>
  facts([
    ['Person', html`${grant.name} <small>${grant.actor}</small>`],
    ['Role', roleOf(grant)],
    ['The link goes to', grant.email ?? 'nobody: there is no address'],
    ['Ends', grant.expiresAt ? say(grant.expiresAt) : 'never'],
    ['Proposed by', html`${grant.proposedBy ?? 'the server'} <small>${say(grant.proposedAt)}</small>`],
    ...(grant.namesakes.length > 0
      ? [
          [
            'Same name',
            html`${grant.namesakes.join(', ')} <small>perhaps one person with two accounts</small>`,
          ] as const,
        ]
      : []),
    ...(grant.mailboxOf.length > 0
      ? [
          [
            'Same address',
            html`${grant.mailboxOf.join(', ')} <small>partners: perhaps we pay this person</small>`,
          ] as const,
        ]
      : []),
  ]);

/** One role of one person, from its proposal to its end. */
export function rolePages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, vault } = deps;
  const sign = defineSigning(deps);

  pages.on('GET /settings/roles/{id}', async (c, visitor) => {
    const grant = await getGrant(db, idOf(c, 'role'));
    const isOperator = mayUse(visitor.roles, 'POST /settings/roles/{id}/confirm');
    const refusal =
      grant.status === 'proposed' && isOperator
        ? await findGrantRefusal(db, grant, { by: visitor.actorId, decision: 'confirm' })
        : undefined;
    const main = html`<header class="title">
        ${inSettings(['People and roles', '/settings/people'], [grant.name, personPath(grant.actor)])}
        <h1>${roleOf(grant)} ${grantTag(grant)}</h1>
        ${grant.status === 'proposed' && html`<p>It gives nothing before another operator confirms it.</p>`}
        ${isOperator && actions(grant, refusal)}
      </header>
      <section class="card">
        ${aboutGrant(grant)}
        ${facts([
          ...(grant.decidedBy && grant.decidedAt
            ? [['Decided by', html`${grant.decidedBy} <small>${say(grant.decidedAt)}</small>`] as const]
            : []),
          ...(grant.note ? [['Note', html`<q>${grant.note}</q>`] as const] : []),
          ...(grant.revokedAt ? [['Taken away', say(grant.revokedAt)] as const] : []),
        ])}
      </section>`;
    return sendPage(c, consolePage({ title: `${roleOf(grant)}, ${grant.name}`, here: '/settings', main }, visitor));
  });

  const formFor = (id: string) => ({
    subject: `grant/${id}`,
    content: contentOf,
    here: '/settings' as const,
    back: `/settings/roles/${id}`,
  });
  const readToDecide =
    (id: string, by: string, decision: 'confirm' | 'refuse') =>
    async (tx: Database): Promise<Grant> => {
      const grant = await lockGrant(tx, id);
      const refusal = await findGrantRefusal(tx, grant, { by, decision });
      if (refusal) throw refusal;
      return grant;
    };

  pages.on('POST /settings/roles/{id}/confirm', (c, visitor) => {
    const id = idOf(c, 'role');
    return sign(c, visitor, {
      ...formFor(id),
      act: 'confirm role',
      read: readToDecide(id, visitor.actorId, 'confirm'),
      typed: {},
      perform: (tx, signatureId) =>
        decideGrant(tx, vault, { id, by: visitor.actorId, decision: 'confirm', note: null, signatureId }),
      title: 'Confirm this role?',
      about: (grant) =>
        html`${aboutGrant(grant)}
          <p>Confirm only people whom you know. They get a mail with a link, and finance is told.</p>`,
      button: 'Confirm and sign',
      answer: async () => {
        await sendMailSoon(deps);
        return c.redirect(`/settings/roles/${id}`, 303);
      },
    });
  });

  pages.on('POST /settings/roles/{id}/refuse', async (c, visitor) => {
    const id = idOf(c, 'role');
    const note = await readReason(c);
    return sign(c, visitor, {
      ...formFor(id),
      act: 'refuse role',
      read: readToDecide(id, visitor.actorId, 'refuse'),
      typed: { reason: note },
      perform: (tx, signatureId) =>
        decideGrant(tx, vault, { id, by: visitor.actorId, decision: 'refuse', note, signatureId }),
      title: 'Refuse this role?',
      about: (grant) => html`${aboutGrant(grant)} ${facts([['Why', note]])}`,
      button: 'Refuse and sign',
      answer: () => c.redirect(`/settings/roles/${id}`, 303),
    });
  });

  pages.on('POST /settings/roles/{id}/revoke', (c, visitor) => {
    const id = idOf(c, 'role');
    return sign(c, visitor, {
      ...formFor(id),
      act: 'revoke role',
      read: (tx) => lockGrant(tx, id),
      typed: {},
      perform: (tx, signatureId) => revokeGrant(tx, id, visitor.actorId, signatureId),
      title: 'Take this role away?',
      about: (grant) =>
        html`${aboutGrant(grant)}
          <p>
            It ends at once, with its keys and its open link. Approvals that they gave to runs that are not being paid
            yet no longer count.
          </p>`,
      button: 'Take away and sign',
      answer: () => c.redirect(`/settings/roles/${id}`, 303),
    });
  });

  pages.on('POST /settings/roles/{id}/link', (c, visitor) => {
    const id = idOf(c, 'role');
    return sign(c, visitor, {
      ...formFor(id),
      act: 'send link',
      read: (tx) => lockGrant(tx, id),
      typed: {},
      perform: (tx, signatureId) => sendClaimAgain(tx, vault, id, visitor.actorId, signatureId),
      title: 'Send a new link?',
      about: (grant) =>
        html`${aboutGrant(grant)}
          <p>The link before it no longer works.</p>`,
      button: 'Send and sign',
      answer: async () => {
        await sendMailSoon(deps);
        return c.redirect(`/settings/roles/${id}`, 303);
      },
    });
  });
}

const button = (path: string, label: string, isPrimary = false): Html =>
  html`<form method="post" action="${path}">
    <button ${isPrimary && html`class="primary"`}>${label}…</button>
  </form>`;

function actions({ id, status }: Grant, refusal: Failure | undefined): Html | null {
  const path = `/settings/roles/${id}`;
  if (status === 'proposed')
    return html`<div class="actions">
        ${!refusal && button(`${path}/confirm`, 'Confirm', true)}
        ${askReason({
          id: 'refuse',
          action: `${path}/refuse`,
          button: 'Refuse',
          title: 'Refuse this role?',
          about: 'The proposal ends. Somebody may propose the role again.',
        })}
        ${button(`${path}/revoke`, 'Take the proposal back')}
      </div>
      ${refusal && html`<p class="quiet"><strong>You cannot confirm it.</strong> ${refusal.message.replace(' Nothing was changed.', '')}</p>`}`;
  if (status !== 'confirmed') return null;
  return html`<div class="actions">
    ${button(`${path}/link`, 'Send a new link')} ${button(`${path}/revoke`, 'Take this role away')}
  </div>`;
}
