import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { DAY_MS, MINUTE_MS } from '../../../domain/durations.ts';
import {
  ATTEMPT_STATES,
  type AttemptState,
  isAttemptFinal,
  PAYOUT_STATUS_OF,
  pollAfter,
} from '../../../domain/payouts/attempt.ts';
import {
  BATCH_NEXT,
  BATCH_STATES,
  type BatchState,
  canBatchBecome,
  isBatchOver,
} from '../../../domain/payouts/batch.ts';
import { BATCH_ENDINGS, type Ending, ENDINGS, isOverdue } from '../../../domain/payouts/ending.ts';
import { taskFor, whyNotPropose, type Undecided } from '../../../domain/payouts/resolution.ts';
import { type AttemptFacts, consequencesOf, type ReplyFacts } from '../../../domain/payouts/settlement.ts';
import { TASK_KINDS } from '../../../domain/tasks/task.ts';

/** Every state that a provider's reply can report. `nothing new` is a reply that we cannot translate, or that changes nothing. */
const REPLIES = [...ATTEMPT_STATES.filter((state) => !['prepared', 'submitted', 'stale'].includes(state)), null];
const BATCH_REPLIES = ['accepted', 'refused', 'needs_person', 'unknown', null] as const;

const NET = 1000n;
/** The states in which the provider has usually taken the money. */
const TAKEN: ReadonlySet<AttemptState | null> = new Set([
  'on_hold',
  'unclaimed',
  'sent',
  'stale',
  'settled',
  'returned',
]);

const factsOf = (state: AttemptState, isTaken = TAKEN.has(state)): AttemptFacts => ({
  state,
  payoutStatus: PAYOUT_STATUS_OF[state],
  netMinor: NET,
  debitedMinor: isTaken ? NET : null,
  returnedMinor: null,
  decidedMinor: 0n,
});
const replyOf = (state: AttemptState | null, isTaken = TAKEN.has(state)): ReplyFacts => ({
  state,
  debited: isTaken ? { minor: NET, feeMinor: 0n } : null,
  returnedMinor: state === 'returned' ? NET : null,
});
const after = (from: AttemptState, reply: AttemptState | null): AttemptState =>
  consequencesOf(factsOf(from), replyOf(reply)).state;

/** The cells of the tables below a heading of the page, without the row of dashes. */
async function tableOf(heading: string): Promise<string[][]> {
  const page = await readFile(resolve(import.meta.dirname, '../../../docs/dead-ends.md'), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows
    .filter((_, index) => index !== 1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const ended = ({ asked }: Ending): string => {
  if (!asked) return 'never';
  const when = asked.afterMs === 0 ? 'at once' : `after ${asked.afterMs / DAY_MS} days`;
  return `${when}, \`${asked.task}\``;
};
const HEADER = ['state', 'ended by', 'people are asked', 'how people end it'];
const endingRows = <State extends string>(endings: Record<State, Ending>, states: readonly State[]) =>
  states.map((state) => [`\`${state}\``, endings[state].by, ended(endings[state]), endings[state].way]);
const columns = (replies: readonly (string | null)[]) => ['state', ...replies.map((reply) => reply ?? 'nothing new')];
const cell = (from: string, to: string): string => (from === to ? '–' : to);

describe('given every state of an attempt and every reply of a provider', () => {
  const pairs = ATTEMPT_STATES.flatMap((from) =>
    REPLIES.flatMap((reply) =>
      [true, false].flatMap((had) => [true, false].map((takes) => ({ from, reply, had, takes }))),
    ),
  );

  it('then the reply leads to a state that something ends, whatever money it tells of', () => {
    for (const { from, reply, had, takes } of pairs) {
      const { state } = consequencesOf(factsOf(from, had), replyOf(reply, takes));
      const { asked, by } = ENDINGS[state];
      const isUnasked = state === 'prepared'; // nobody was asked, so its own next step ends it
      expect({ from, reply, state, ends: isAttemptFinal(state) || asked !== null || isUnasked }).toMatchObject({
        ends: true,
      });
      expect(by).not.toBe('');
    }
  });

  it('then people are asked within a day less than 200 days, and the provider at least daily until then', () => {
    for (const state of ATTEMPT_STATES.filter((one) => !isAttemptFinal(one))) {
      expect(ENDINGS[state].asked?.afterMs ?? 0).toBeLessThan(200 * DAY_MS);
      expect(pollAfter(state, 199 * DAY_MS, MINUTE_MS)).toBeLessThanOrEqual(DAY_MS);
    }
  });

  it.each(ATTEMPT_STATES.filter((state) => ENDINGS[state].asked?.task === 'outcome_unknown'))(
    'when an attempt is %s and people were asked then two of them can end it, in each way that the facts allow',
    (state) => {
      const facts: Undecided = {
        state,
        openTasks: [{ id: 'task', kind: 'outcome_unknown' }],
        isTaken: TAKEN.has(state),
        isPartDecided: false,
        isCheckAtBank: false,
        hasOpenResolution: false,
        isPayee: false,
        nextLookAt: new Date(0),
      };
      const outcomes = (['paid', 'not_paid', 'returned'] as const).filter((one) => !whyNotPropose(facts, one));
      expect(outcomes).toContain('paid');
      expect(outcomes).toContain(facts.isTaken ? 'returned' : 'not_paid');
      const said = { paid: 'settled', not_paid: 'failed', returned: 'returned' } as const;
      for (const outcome of outcomes) {
        const reply = replyOf(said[outcome], outcome !== 'not_paid');
        expect(isAttemptFinal(consequencesOf(factsOf(state), reply).state)).toBe(true);
      }
    },
  );

  it.each([
    { state: 'accepted', days: 13, isAsked: false },
    { state: 'accepted', days: 15, isAsked: true },
    { state: 'on_hold', days: 46, isAsked: true },
    { state: 'unclaimed', days: 46, isAsked: true },
    { state: 'sent', days: 179, isAsked: false },
    { state: 'settled', days: 1000, isAsked: false },
    { state: 'unknown', days: 1000, isAsked: false },
  ] as const)('when it has been $state for $days days then people are asked because of its age: $isAsked', (row) => {
    expect(isOverdue(row.state, row.days * DAY_MS)).toBe(row.isAsked);
  });

  it('then the page shows how each state ends', async () => {
    expect(await tableOf('A payment')).toEqual([HEADER, ...endingRows(ENDINGS, ATTEMPT_STATES)]);
  });

  it('then the page shows the state after each reply', async () => {
    const rows = ATTEMPT_STATES.map((from) => [
      `\`${from}\``,
      ...REPLIES.map((reply) => cell(from, after(from, reply))),
    ]);
    expect(await tableOf('A payment, reply by reply')).toEqual([columns(REPLIES), ...rows]);
  });
});

describe('given every state of a batch and every reply of a provider', () => {
  const next = (from: BatchState, reply: BatchState | null): BatchState =>
    reply && canBatchBecome(from, reply) ? reply : from;

  it('then the reply leads to a state that something ends', () => {
    for (const from of BATCH_STATES)
      for (const reply of BATCH_REPLIES) {
        const state = next(from, reply);
        const { asked } = BATCH_ENDINGS[state];
        const isOurs = state === 'prepared' || state === 'refused'; // its own next step ends it
        expect({ from, reply, state, ends: isBatchOver(state) || asked !== null || isOurs }).toMatchObject({
          ends: true,
        });
      }
  });

  it('then every state leads to an end', () => {
    const leadsToEnd = (state: BatchState, seen: readonly BatchState[] = []): boolean =>
      isBatchOver(state) || BATCH_NEXT[state].some((to) => !seen.includes(to) && leadsToEnd(to, [...seen, state]));
    expect(BATCH_STATES.filter((state) => !leadsToEnd(state))).toEqual([]);
  });

  it('then the page shows how each state ends, and the state after each reply', async () => {
    expect(await tableOf('A batch')).toEqual([HEADER, ...endingRows(BATCH_ENDINGS, BATCH_STATES)]);
    const rows = BATCH_STATES.map((from) => [
      `\`${from}\``,
      ...BATCH_REPLIES.map((reply) => cell(from, next(from, reply))),
    ]);
    expect(await tableOf('A batch, reply by reply')).toEqual([columns(BATCH_REPLIES), ...rows]);
  });
});

describe('given every kind of task', () => {
  it('then people can end it: with an outcome, at the provider, at the bank, by mail, as a correction or revision, by the people of a policy, or by operators', () => {
    const atProvider = ['provider_approval'];
    const atBank = ['check_exception', 'check_stop_expiring', 'check_stale', 'check_returned_mail', 'checks_to_mail'];
    const asCorrection = ['correction_proposed', 'conversion_proposed', 're_rating_proposed'];
    const byPolicy = ['decision_waiting', 'policy_proposed'];
    const byOperators = ['role_proposed', 'passkey_lost', 'events_quarantined', 'partner_question'];
    const elsewhere = [...atProvider, ...atBank, ...asCorrection, ...byPolicy, ...byOperators];
    for (const kind of TASK_KINDS.filter((one) => !elsewhere.includes(one)))
      expect(taskFor({ openTasks: [{ id: kind, kind }] }, kind === 'partial_return' ? 'keep' : 'paid')).toBe(kind);
  });
});
