import { answerClaim, withdrawClaim } from '../../../../commands/earnings/fund-claims.ts';
import { type FundClaim, getClaim, listFundClaims } from '../../../../db/earnings/fund-claims.ts';
import { isRequestOver, REQUEST_STATUSES, type RequestStatus } from '../../../../domain/earnings/request.ts';
import { formatDecimal, money } from '../../../../domain/money.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { facts, tag } from '../../components.ts';
import { requestStatus } from '../../decision-words.ts';
import { formatInstant, sayAmount } from '../../format.ts';
import type { definePages } from '../../guard.ts';
import { html } from '../../html.ts';
import { type Decided, decisionPages } from '../programs/decision-pages.ts';

const amountOf = ({ minor, currency }: FundClaim): string => sayAmount(money(minor, currency));

const CLAIMS: Decided<FundClaim, RequestStatus> = {
  subject: 'claim',
  title: 'Claims',
  statuses: REQUEST_STATUSES,
  say: (status) => requestStatus(status).label,
  list: listFundClaims,
  get: getClaim,
  columns: ['Claim', 'Partner', { label: 'Amount', number: true }, 'Proof', 'State', 'Claimed'],
  row: (claim) => ({
    head: html`<a href="/claims/${claim.id}">${claim.wish}</a> <small>${claim.program}</small>`,
    cells: [
      claim.partner,
      amountOf(claim),
      claim.proof,
      html`${tag(requestStatus(claim.status))} ${claim.reason && html`<small>${claim.reason}</small>`}`,
      html`<span class="day">${formatInstant(claim.claimedAt, 'UTC')}</span>`,
    ],
  }),
  csvColumns: [
    'id',
    'program',
    'partner',
    'fund',
    'wish',
    'document',
    'sha256',
    'currency',
    'amount',
    'status',
    'correction',
    'reason',
    'claimedAt',
    'endedAt',
  ],
  csvRow: (claim) => [
    claim.id,
    claim.program,
    claim.partner,
    claim.fundId ?? '',
    claim.wish,
    claim.proof,
    claim.proofSha256,
    claim.currency,
    formatDecimal(money(claim.minor, claim.currency)),
    claim.status,
    claim.correctionId ?? '',
    claim.reason ?? '',
    claim.claimedAt.toISOString(),
    claim.endedAt?.toISOString() ?? '',
  ],
  head: (claim) => ({
    title: `Claim of ${claim.partner}`,
    main: html`<h1>${amountOf(claim)} for ${claim.partner} ${tag(requestStatus(claim.status))}</h1>
      <p>${claim.wish}</p>
      ${claim.reason && html`<p>Reason: ${claim.reason}</p>`}`,
  }),
  facts: (claim) =>
    facts([
      ['Program', claim.program],
      ['Fund', claim.fundId ? html`<code>${claim.fundId}</code>` : 'none'],
      ['Document', claim.proof],
      ['SHA-256', html`<code class="long">${claim.proofSha256}</code>`],
      ['Correction', claim.correctionId ? html`<code>${claim.correctionId}</code>` : '–'],
    ]),
  steps: ({ status, endedAt, reason }) =>
    endedAt && status === 'withdrawn' ? [{ at: endedAt, words: 'It was withdrawn', about: reason }] : [],
  isOver: ({ status }) => isRequestOver(status),
  effect: (claim) => `When everybody has approved it, ${claim.partner} gets ${amountOf(claim)} with the next run.`,
  answer: (db, answer) => answerClaim(db, answer),
  withdraw: (db, id, { reason, by }) => withdrawClaim(db, id, { reason, by }),
};

/** The claims of partners: those that wait for a decision, and all. */
export const claimPages = (deps: ApiDeps, pages: ReturnType<typeof definePages>): void =>
  decisionPages(deps, pages, CLAIMS);
