import type { Patch } from './patch.ts';
import type { FaultName, Menu } from './plan.ts';

/**
 * Each mutation removes one protection against paying twice, or against paying what is no longer owed, in a copy of the source or in a
 * separate database. A checker that stays green without the protection would always be green.
 */
export type Mutation = {
  name: string;
  /** The protection that is removed. */
  without: string;
  /** Patches for copies of the product and of the sandbox. */
  patches: readonly (Patch & { file: string })[];
  /** Statements for the database, after its migration. */
  statements: readonly string[];
  heartbeatSeconds?: number;
  menu: Menu;
};

/** After these faults nobody knows whether the provider paid. */
const UNCLEAR = ['commit-then-drop', 'commit-then-502', 'commit-then-cut-body'] as const satisfies FaultName[];
/** These mutations remove a protection of single payments. Separate code claims and resolves batches. */
const ALONE = { WISE_BATCH_MAX: ['1'], PAYPAL_BATCH_MAX: ['1'] } as const satisfies Menu['settings'];
const UNANSWERED: Menu = {
  troubles: [],
  revokesPercent: 0,
  servers: ['api'],
  faults: UNCLEAR,
  asksTwicePercent: 0,
  settings: ALONE,
  always: { method: 'POST', times: 6 },
};
const ASKED_TWICE: Menu = { ...UNANSWERED, asksTwicePercent: 100 };
/** A provider that refuses our key is not asked until everything is repaired. Frozen payments wait, while the business changes. */
const TROUBLED: Menu = {
  ...UNANSWERED,
  faults: ['401'],
  troubles: ['refund of a part', 'refund of the whole', 'hold', 'new details'],
};
const PLAIN = { patches: [], statements: [], menu: UNANSWERED };

const ASK = 'activities/payouts/ask.ts';
const LAST = 'activities/payouts/last-question.ts';

/**
 * Calls that outlast the heartbeat of their worker, so that Temporal has another worker repeat them, and a PayPal that would pay
 * each of them. Only our own claim then prevents a second payment.
 */
const OVERLAPPING = {
  patches: [
    {
      file: 'activities/heartbeat.ts',
      from: 'setInterval(() => context.heartbeat(), timeoutMs / BEATS)',
      to: 'undefined',
    },
    {
      file: 'sandbox/paypal/payouts.ts',
      from: 'if (existing) return c.json(duplicateBatch(linkOf(existing.id)), 400);',
      to: 'void existing;',
    },
  ],
  statements: [],
  heartbeatSeconds: 1,
  menu: {
    ...UNANSWERED,
    faults: ['slow'],
    // A call that gives up cannot know whether it paid, and such a PayPal would pay the next one too.
    settings: { ...ALONE, ASK_SECONDS_MAX: ['20'] },
    always: { provider: 'paypal', method: 'POST', path: '/v1/payments/payouts', ms: 2_000, times: 6 },
  },
} as const satisfies Partial<Mutation>;

/** A request under a key other than the frozen one. To the provider it is another payment. */
const RENEWED = `
const renewed = (submission: Submission): Submission => {
  const key = crypto.randomUUID();
  const text = Buffer.from(submission.request).toString('utf8').replaceAll(submission.key, key);
  return { ...submission, key, request: Buffer.from(text), reference: null, step: null };
};
`;
const ASKS = `await (isFirst ? submit : resolve)(submission, saver(deps, attempt), signal)`;
const BEFORE_SAVER = 'const saver =\n';

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'one_live_attempt',
    without: 'the unique index on live attempts, with code that makes another attempt where an outcome is unknown',
    patches: [
      {
        file: 'activities/payouts/advance.ts',
        from: '(await findLiveAttempt(deps.db, payoutId)) ??\n',
        to: `(await findLiveAttempt(deps.db, payoutId).then((live) => (live?.state === 'unknown' ? null : live))) ??\n`,
      },
      { file: 'activities/payouts/freeze.ts', from: '  if (existing) return existing;\n', to: '' },
      {
        file: 'db/payouts/attempts.ts',
        from: "${selectAttempt} where payout_id = ${payoutId} and state <> 'failed'`",
        to: "${selectAttempt} where payout_id = ${payoutId} and state <> 'failed' order by attempt_no desc limit 1`",
      },
      {
        file: 'db/payouts/payouts.ts', // a payout with two live attempts could not be read, so it could not be paid twice
        from: "left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'`;",
        to: `left join lateral (
    select state, reason from payout_attempt where payout_id = payout.id and state <> 'failed' order by attempt_no desc limit 1
  ) attempt on true\`;`,
      },
    ],
    statements: ['drop index one_live_attempt'],
    menu: UNANSWERED,
  },
  {
    name: 'idempotency-key',
    without: 'the one key of an attempt: each send has a new one',
    patches: [
      { file: ASK, from: ASKS, to: ASKS.replace('(submission,', '(renewed(submission),') },
      { file: ASK, from: BEFORE_SAVER, to: `${RENEWED}\n${BEFORE_SAVER}` },
    ],
    statements: [],
    menu: UNANSWERED,
  },
  {
    name: 'look-up',
    without: 'the look-up of an unknown outcome: it is sent again, under a new key',
    patches: [
      {
        file: ASK,
        from: ASKS,
        to: 'await submit(isFirst ? submission : renewed(submission), saver(deps, attempt), signal)',
      },
      { file: ASK, from: BEFORE_SAVER, to: `${RENEWED}\n${BEFORE_SAVER}` },
    ],
    statements: [],
    menu: UNANSWERED,
  },
  {
    name: 'earning_line_paid_once',
    without: 'the unique index on paid lines, with drafts that do not see what is taken',
    patches: [],
    statements: [
      'drop index earning_line_paid_once',
      `do $$
      declare
        changed regprocedure;
        before text;
      begin
        foreach changed in array '{"payability(int, date, date, uuid)",free_lines(uuid)}'::regprocedure[] loop
          before := pg_get_functiondef(changed);
          if position('and paid.taken' in before) = 0 then raise exception '% was not changed', changed; end if;
          execute replace(before, 'and paid.taken', 'and false');
        end loop;
      end $$`,
    ],
    menu: ASKED_TWICE,
  },
  {
    ...OVERLAPPING,
    name: 'compare-and-set',
    without:
      'the claim that only one caller gets, under calls that overlap at a PayPal that forgets the keys it has seen',
    patches: [
      ...OVERLAPPING.patches,
      {
        file: ASK,
        from: 'const claimed = await claim(deps, attempt, note);',
        to: 'const claimed = (await claim(deps, attempt, note)) ?? attempt;',
      },
    ],
  },
  {
    name: 'last-question',
    without: 'the last question at freeze and claim: what was approved is paid, whatever has happened since',
    patches: [
      { file: LAST, from: 'const cut = whyCut(payout, standing);', to: 'const cut = undefined;' },
      {
        file: LAST,
        from: 'owed.set(payout.id, standing?.payableMinor ?? 0n)',
        to: 'owed.set(payout.id, payout.gross)',
      },
    ],
    statements: [],
    menu: TROUBLED,
  },
];

/** The controls remove nothing, under the same faults. They must stay green, or the mutations would prove nothing. */
export const CONTROLS: readonly Mutation[] = [
  { ...PLAIN, name: 'control', without: 'nothing' },
  { ...PLAIN, name: 'control-troubled', without: 'nothing, while the business changes', menu: TROUBLED },
  { ...PLAIN, name: 'control-twice', without: 'nothing, with every run asked for twice', menu: ASKED_TWICE },
  {
    ...OVERLAPPING,
    name: 'control-overlap',
    without: 'nothing, under calls that overlap at a PayPal that forgets keys',
  },
];
