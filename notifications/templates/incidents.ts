import { METHOD_NAMES } from '../../domain/rails.ts';
import { go, list, type NoticeContent, type NoticePart } from '../../domain/tasks/notice-content.ts';
import type { NotificationBody, Templates } from '../notification.ts';
import { PAGES } from '../places.ts';

type Body = NotificationBody<'incidents_now'>;

/** The words for each thing that can happen to a payout. Anything else is the kind of a break. */
const WORDS: Record<string, string> = {
  failed: 'failed',
  returned: 'came back',
  unclaimed: 'not claimed yet',
  cut: 'cut after approval',
};

const wordOf = (what: string): string => WORDS[what] ?? `break ${what}`;

const has = ({ totals }: Body, ...whats: string[]): boolean => totals.some(({ what }) => whats.includes(what));
const hasBreak = ({ totals }: Body): boolean => totals.some(({ what }) => !(what in WORDS));

const placeOf = ({ run, schedule, periodEnd, gateway }: Body): string =>
  run ? `the ${schedule} run up to ${periodEnd}` : `the statements of ${gateway}`;

/** `2 failed, 1 came back`. */
function countsOf({ totals }: Body): string {
  const counts = Map.groupBy(totals, ({ what }) => what);
  return [...counts]
    .map(([what, rows]) => `${rows.reduce((sum, { count }) => sum + count, 0)} ${wordOf(what)}`)
    .join(', ');
}

/** `30.00 USD, 5.00 EUR`: one figure if there is one total, and otherwise each. */
const sumsOf = ({ totals }: Body): string =>
  totals
    .map(({ amount, currency }) => `${amount} ${currency}`.trim())
    .filter(Boolean)
    .join(' + ');

const section = (title: string, items: Parameters<typeof list>[1]): NoticePart[] =>
  items.length === 0 ? [] : [list(title, items)];

function tell(body: Body): NoticeContent['parts'] {
  const { run, totals, reasons, items, more } = body;
  return [
    {
      is: 'totals',
      title: `This happened in ${placeOf(body)}:`,
      rows: totals.map(({ what, method, currency, count, amount }) => ({
        amount: `${amount} ${currency}`.trim(),
        about: `${method ? `by ${METHOD_NAMES[method]}, ` : ''}${wordOf(what)} (${count})`,
      })),
    },
    ...section(
      'Reasons:',
      reasons.map(({ what, reason, count }) => `${count} ${wordOf(what)}: ${reason}`),
    ),
    ...section('Each, the largest first:', [
      ...items.map(({ what, whose, amount, currency, path, isOver }) => ({
        text: `${whose}: ${wordOf(what)}, ${`${amount} ${currency}`.trim()}${isOver ? ', closed since' : ''}`,
        path,
      })),
      ...(more > 0 ? [`and ${more} more`] : []),
    ]),
    ...section('Next steps:', adviceOn(body)),
    ...(has(body, 'failed', 'returned') ? [go('Open the failed payouts', PAGES.failures)] : []),
    ...(hasBreak(body) ? [go('Open the breaks', PAGES.breaks)] : []),
    ...(run ? [go('Open the run', PAGES.run(run))] : []),
  ];
}

/** Says for each kind what did not happen, what to do, and by when. */
const adviceOn = (body: Body): string[] => [
  ...(has(body, 'failed', 'returned')
    ? [
        'Failed, came back: the partners do not have this money. It is owed to them again, they were told why, and the next run pays it. ' +
          'To pay it sooner, follow docs/how-to/replace-a-payout.md. Nothing else is needed before the next cut-off.',
      ]
    : []),
  ...(has(body, 'unclaimed')
    ? [
        'Not claimed yet: the partner is reminded. If nobody claims the money, it comes back on its own. You need to do nothing.',
      ]
    : []),
  ...(has(body, 'cut')
    ? [
        'Cut after approval: nobody was paid, because the partner was owed less, was put on hold or changed details after the approval. ' +
          'The next run considers the amount again. You need to do nothing.',
      ]
    : []),
  ...(hasBreak(body)
    ? [
        'Break: the books and the statement differ. Nothing was corrected, and payments go on. Follow docs/runbooks/break-found.md today.',
      ]
    : []),
];

/** Notices about payments that did not go as they should. They go to finance and to operators. */
export const INCIDENT_TEMPLATES: Templates<'incidents_digest' | 'incidents_now'> = {
  incidents_digest: (body) => ({
    subject: `Digest of ${body.day}, ${placeOf(body)}: ${countsOf(body)} (${sumsOf(body)})`,
    parts: tell(body),
  }),
  incidents_now: (body) => ({
    subject: `Now, ${placeOf(body)}: ${countsOf(body)} (${sumsOf(body)})`,
    parts: tell(body),
  }),
};
