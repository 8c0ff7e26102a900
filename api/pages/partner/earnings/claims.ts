import { z } from 'zod';

import { addClaim, withdrawClaim } from '../../../../commands/earnings/fund-claims.ts';
import { type FundClaim, getClaim, listFundClaims } from '../../../../db/earnings/fund-claims.ts';
import { type Fund, listFunds } from '../../../../db/earnings/funds.ts';
import { listReviews } from '../../../../db/programs/reviews.ts';
import { addDays } from '../../../../domain/calendar.ts';
import { sha256 } from '../../../../domain/canonical.ts';
import { isRequestOver, REQUEST_STATUSES } from '../../../../domain/earnings/request.ts';
import { money } from '../../../../domain/money.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { wakeDecisionQuietly } from '../../../http/wake.ts';
import { MyNewClaimBody, wishOf } from '../../../routes/earnings/claim-bodies.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { requestStatus } from '../../decision-words.ts';
import {
  field,
  type FieldWish,
  type Filled,
  filledIn,
  filters,
  objectionsOf,
  orObjections,
  readBy,
} from '../../form.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import { type PageContext, readValues, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import { getOwn } from '../own.ts';
import { linkTo, say, tell } from '../../say.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';
import { historyOf, readWithdrawal, withdrawal } from './decisions.ts';

const CLAIMS_A_PAGE = 50;
const FUNDS_MAX = 50;
const Status = z.enum(REQUEST_STATUSES);
const FIELDS = ['fund', 'amount', 'wish', 'document', 'file'] as const;
const NONE: Filled = { values: {} };

/** The claims of a partner from funds, each with its proof. We keep the name and the hash of the document, and not the document. */
export function ownClaimPages(deps: ApiDeps, portal: Portal): void {
  const { db } = deps;
  const follow = (id: string) => wakeDecisionQuietly(deps, { subject: 'claim', id });
  const pathOf = (own: Own, id = '') => `${portalOf(own)}/claims${id && `/${id}`}`;

  portal.on('GET /portal/{partner}/claims', async (c, own, visitor) => {
    const status = Status.safeParse(c.req.query('status')).data;
    const before = z.uuid().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = (count: number) => listFundClaims(db, { partnerId: own.id, status }, before, count);
    const [zone, claims] = await Promise.all([
      zoneOf(db, own.id),
      readPage(CLAIMS_A_PAGE, read, { key: ({ id }) => id, item: (claim) => claim }),
    ]);
    const values: Record<string, string> = status === undefined ? {} : { status };
    const choices = REQUEST_STATUSES.map((value) => ({ value, label: requestStatus(value).label }));
    const main = html`<header class="title">
        <p><a href="${portalOf(own)}/requests">${say('place.requests')}</a></p>
        <h1>${say('claims.title')}</h1>
      </header>
      <p class="buttons"><a class="button primary" href="${pathOf(own, 'new')}">${say('requests.claimMore')}</a></p>
      ${filters(pathOf(own), [{ name: 'status', label: say('list.state'), choices, noChoice: say('list.allStates') }], { values })}
      ${table({
        caption: say('claims.caption'),
        columns: [
          say('claims.claim'),
          { label: say('deals.amount'), number: true },
          say('list.state'),
          say('claims.claimed'),
        ],
        rows: claims.items.map((claim) => ({
          head: html`<a href="${pathOf(own, claim.id)}">${claim.wish}</a> <small>${claim.proof}</small>`,
          cells: [
            sayAmount(money(claim.minor, claim.currency)),
            html`${tag(requestStatus(claim.status))} ${claim.reason && html`<small>${claim.reason}</small>`}`,
            html`<span class="day">${formatInstant(claim.claimedAt, zone)}</span>`,
          ],
        })),
        empty: status === undefined ? say('claims.none') : say('claims.noneInState'),
      })}
      ${nextPage(pathOf(own), claims.nextCursor, values)}`;
    return sendPage(c, portalPage({ title: say('claims.title'), here: '/requests', main }, visitor, own));
  });

  portal.on('GET /portal/{partner}/claims/new', async (c, own, visitor) => {
    const main = newClaim(own, await fundsOf(own), NONE);
    return sendPage(c, portalPage({ title: say('claims.new'), here: '/requests', main }, visitor, own));
  });

  portal.on('POST /portal/{partner}/claims', async (c, own, visitor) => {
    const funds = await fundsOf(own);
    const values = await readClaim(c);
    const fund = funds.find(({ id }) => id === values['fund']);
    const read = readBy(MyNewClaimBody, bodyOf(values, fund));
    const caller = { by: visitor.actorId, nowMs: Date.now() };
    const done = read.success ? await orObjections(() => addClaim(db, wishOf(read.body, own.code), caller)) : read;
    if (done.success) {
      await follow(done.body.id);
      return c.redirect(pathOf(own, done.body.id), 303);
    }
    const main = newClaim(own, funds, { values, objections: objectionsFor(done.objections, fund) });
    return sendPage(c, portalPage({ title: say('claims.new'), here: '/requests', main }, visitor, own), 400);
  });

  portal.on('GET /portal/{partner}/claims/{id}', async (c, own, visitor) => {
    const claim = await getOwn(db, own, c, 'claim', getClaim);
    return sendPage(c, portalPage(await claimPage(own, claim, NONE), visitor, own));
  });

  portal.on('POST /portal/{partner}/claims/{id}/withdrawal', async (c, own, visitor) => {
    const claim = await getOwn(db, own, c, 'claim', getClaim);
    const { values, read } = await readWithdrawal(c);
    if (!read.success) {
      const page = await claimPage(own, claim, { values, objections: read.objections });
      return sendPage(c, portalPage(page, visitor, own), 400);
    }
    await withdrawClaim(db, claim.id, { reason: read.body, by: visitor.actorId });
    await follow(claim.id);
    return c.redirect(pathOf(own, claim.id), 303);
  });

  const fundsOf = (own: Own): Promise<readonly Fund[]> => listFunds(db, { partnerId: own.id }, null, FUNDS_MAX);

  async function claimPage(own: Own, claim: FundClaim, filled: Filled) {
    const [zone, reviews] = await Promise.all([zoneOf(db, own.id), listReviews(db, 'claim', claim.id)]);
    const isWithdrawn = claim.status === 'withdrawn' && claim.endedAt;
    const main = html`<header class="title">
        <p><a href="${pathOf(own)}">${say('claims.title')}</a></p>
        <h1>${sayAmount(money(claim.minor, claim.currency))} ${tag(requestStatus(claim.status))}</h1>
        <p>${claim.wish}</p>
        ${claim.status === 'granted' && html`<p>${say('claims.inBalance')}</p>`}
      </header>
      <div class="columns">
        <section>
          <section class="card">
            <h2>${say('claims.the')}</h2>
            ${facts([
              [say('deals.program'), claim.program],
              [say('claims.document'), claim.proof],
              [say('claims.fingerprint'), html`<code>${claim.proofSha256.slice(0, FINGERPRINT_SEEN)}…</code>`],
            ])}
            <p class="quiet">${say('claims.keep')}</p>
          </section>
          ${!isRequestOver(claim.status) && withdrawal('claim', pathOf(own, claim.id), filled)}
        </section>
        <aside>
          ${historyOf(
            [
              { at: claim.claimedAt, words: say('claims.youClaimed') },
              ...(isWithdrawn ? [{ at: isWithdrawn, words: say('decisions.wasWithdrawn'), about: claim.reason }] : []),
            ],
            reviews.filter(({ status }) => status !== 'withdrawn'),
            zone,
          )}
        </aside>
      </div>`;
    return { title: say('claims.claim'), here: '/requests', main } as const;
  }
}

const FINGERPRINT_SEEN = 16;

/** The fields as they were typed, with the hash of the document in its place. The hash stays in the form, so nobody chooses a file twice. */
async function readClaim(c: PageContext): Promise<Record<string, string>> {
  const values = await readValues(c);
  const { file } = await c.req.parseBody(); // parsed once: the second call reads what the first one kept
  if (!(file instanceof File) || file.size === 0) return values;
  const hash = Buffer.from(sha256(Buffer.from(await file.arrayBuffer()))).toString('hex');
  return { ...values, sha256: hash, document: values['document']?.trim() || file.name };
}

/** The claim as the API takes it. A fund decides its program and its currency. */
function bodyOf(values: Record<string, string>, fund: Fund | undefined) {
  const { amount, wish, document, sha256: hash } = filledIn(values);
  const proof = document !== undefined && hash !== undefined ? { document, sha256: hash } : undefined;
  return { program: fund?.program, fund: fund?.id, currency: fund?.currency, amount, wish, proof };
}

/** An objection stands next to the field that a person can change. */
function objectionsFor(objections: readonly { field: string; reason: string }[], fund: Fund | undefined) {
  if (!fund) return [{ field: 'fund', reason: 'is missing' }];
  return objections.map(({ field: name, reason }) => ({
    field: name === 'proof' ? 'file' : name.replace('proof.', ''),
    reason,
  }));
}

const sayFund = (fund: Fund): string =>
  say('claims.fundLine', {
    program: fund.program,
    day: formatDay(addDays(fund.endsOn, -1)),
    left: sayAmount(money(fund.minor - fund.waitingMinor - fund.grantedMinor, fund.currency)),
  });

function newClaim(own: Own, funds: readonly Fund[], filled: Filled): Html {
  const head = html`<header class="title">
    <p><a href="${portalOf(own)}/requests">${say('place.requests')}</a></p>
    <h1>${say('claims.fromFund')}</h1>
  </header>`;
  if (funds.length === 0)
    return html`${head}
      <section class="empty">
        <h2>${say('claims.noFund')}</h2>
        <p>${tell('claims.noFund.about', { link: linkTo(`${portalOf(own)}/requests/new`) })}</p>
      </section>`;
  const hash = filled.values['sha256'] ?? '';
  return html`${head} ${objectionsOf(FIELDS, filled.objections)}
    <form method="post" action="${portalOf(own)}/claims" enctype="multipart/form-data" class="card fields">
      ${wishesFor(funds, hash !== '').map((wish) => field(wish, filled))}
      ${hash !== '' && html`<input type="hidden" name="sha256" value="${hash}" />`}
      <p class="buttons">
        <a class="button" href="${portalOf(own)}/requests">${say('form.notNow')}</a>
        <button class="primary">${say('claims.button')}</button>
      </p>
    </form>`;
}

const wishesFor = (funds: readonly Fund[], hasFile: boolean): FieldWish[] => [
  {
    name: 'fund',
    label: say('funds.fund'),
    required: true,
    choices: funds.map((fund) => ({ value: fund.id, label: sayFund(fund) })),
  },
  {
    name: 'amount',
    label: say('deals.amount'),
    help: say('claims.amount.help'),
    required: true,
    lengthMax: 40,
  },
  { name: 'wish', label: say('requests.purpose'), help: say('claims.purpose.help'), required: true, lengthMax: 500 },
  {
    name: 'file',
    label: say('claims.proof'),
    type: 'file',
    help: hasFile ? say('claims.proof.read') : say('claims.proof.help'),
    required: hasFile ? 'sometimes' : true,
  },
  {
    name: 'document',
    label: say('claims.name'),
    help: say('claims.name.help'),
    lengthMax: 200,
  },
];
