import { listPayoutEntries } from '../../../../db/books/ledger.ts';
import { listStatementLines } from '../../../../db/books/reconciliation.ts';
import type { Database } from '../../../../db/database.ts';
import { type Attempt, listAttemptHistory, listAttempts } from '../../../../db/payouts/attempts.ts';
import { listResolutions, type Resolution } from '../../../../db/payouts/resolutions.ts';
import { money } from '../../../../domain/money.ts';
import { table, tag } from '../../components.ts';
import { formatInstant, sayAmount } from '../../format.ts';
import { html, type Html } from '../../html.ts';
import { ATTEMPT_STATE, GATEWAY, RESOLUTION, RESOLUTION_STATUS } from '../../words.ts';

const at = (instant: Date): Html => html`<span class="day">${formatInstant(instant, 'UTC')}</span>`;

export const attemptTable = (list: readonly Attempt[]): Html =>
  table({
    caption: 'Attempts',
    columns: ['Attempt', 'Provider', 'State', "Provider's word", 'Reference', 'Our key', 'Reason'],
    rows: list.map(({ attemptNo, gateway, state, word, providerRef, providerKey, checkNumber, reason }) => ({
      head: `${attemptNo}`,
      cells: [
        GATEWAY[gateway],
        ATTEMPT_STATE[state],
        word ?? '–',
        html`<code>${providerRef ?? (checkNumber === null ? '–' : `check ${checkNumber}`)}</code>`,
        html`<code>${providerKey}</code>`,
        reason ?? '–',
      ],
    })),
    empty: 'No provider was asked yet.',
  });

export const resolutionTable = (list: readonly Resolution[]): Html | false =>
  list.length > 0 &&
  table({
    caption: 'Proposals',
    columns: ['Proposal', 'Evidence', 'Proposed by', 'State', 'Decided by'],
    rows: list.map(({ outcome, minor, currency, evidence, reference, proposedBy, proposedAt, ...decided }) => ({
      head: html`${RESOLUTION[outcome].label}
      ${minor !== null && html`<small>${sayAmount(money(minor, currency))}</small>`}`,
      cells: [
        html`${evidence} ${reference && html`<small>found as <code>${reference}</code></small>`}`,
        html`${proposedBy} <small>${at(proposedAt)}</small>`,
        tag(RESOLUTION_STATUS[decided.status]),
        decided.decidedBy &&
          html`${decided.decidedBy} ${decided.decidedAt && html`<small>${at(decided.decidedAt)}</small>`}
          ${decided.note && html`<small>${decided.note}</small>`}`,
      ],
    })),
    empty: '',
  });

/** Everything that is known about a payout and helps to decide: what was asked, what was said, and what both books have. */
export async function readCase(db: Database, payoutId: string): Promise<Html> {
  const [asked, history, entries, lines, resolutions] = await Promise.all([
    listAttempts(db, payoutId),
    listAttemptHistory(db, payoutId),
    listPayoutEntries(db, payoutId),
    listStatementLines(db, payoutId),
    listResolutions(db, payoutId),
  ]);
  return html`${resolutionTable(resolutions)} ${attemptTable(asked)}
  ${table({
    caption: 'History',
    columns: ['State', 'When', 'Said by', "Provider's word", 'Reason'],
    rows: history.map(({ to, word, reason, at: when, saidBy }) => ({
      head: ATTEMPT_STATE[to],
      cells: [at(when), saidBy ?? 'us', word ?? '–', reason ?? '–'],
    })),
    empty: 'Nobody has said anything about this payment.',
  })}
  ${table({
    caption: 'Our ledger',
    columns: ['Journal', 'Account', { label: 'Amount', number: true }, 'Recorded'],
    rows: entries.map(({ kind, account, minor, currency, recordedAt }) => ({
      head: kind,
      cells: [html`<code>${account}</code>`, sayAmount(money(minor, currency)), at(recordedAt)],
    })),
    empty: 'The ledger has no entry about this payment: no money moved as far as we know.',
  })}
  ${table({
    caption: "The provider's statements",
    columns: ['Line', 'Kind', { label: 'Amount', number: true }, 'When'],
    rows: lines.map(({ id, kind, minor, currency, occurredAt }) => ({
      head: html`<code>${id}</code>`,
      cells: [kind, sayAmount(money(minor, currency)), at(occurredAt)],
    })),
    empty: 'No statement that was read so far has a line about this payment.',
  })}`;
}
