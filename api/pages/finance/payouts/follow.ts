import { randomUUID } from 'node:crypto';

import { askForReplacement } from '../../../../commands/runs/ask.ts';
import { getPayout, type Payout } from '../../../../db/payouts/payouts.ts';
import { getPayoutStart } from '../../../../db/payouts/starts.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { whyNotReplace } from '../../../../domain/payouts/replacement.ts';
import { wakePayout, wakeRun } from '../../../../temporal/starts.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { wakeQuietly } from '../../../http/wake.ts';
import { askReason } from '../../components.ts';
import { type definePages, idOf, readForm, readReason } from '../../guard.ts';
import { html, type Html } from '../../html.ts';

/** The buttons for a payout that left its run: have Bursar look at it now, or pay it again. */
export function followActions(payout: Payout, { roles }: Visitor): Html {
  const path = `/payouts/${payout.id}`;
  const isUnderWay = payout.status === 'executing' || payout.status === 'sent';
  return html`${
    isUnderWay &&
    mayUse(roles, 'POST /payouts/{id}/look') &&
    html`<form method="post" action="${path}/look"><button>Look at the provider now</button></form>`
  }
  ${
    mayUse(roles, 'POST /payouts/{id}/replacement') &&
    whyNotReplace(payout.status, payout.attemptState) === undefined &&
    askReason({
      id: 'replacement',
      action: `${path}/replacement`,
      button: 'Pay it again',
      title: 'Pay this payout again?',
      about:
        'A run for this one partner and currency is prepared, to their newest details. Another person approves it. Without it, the next run pays the amount.',
      hidden: { key: randomUUID() },
    })
  }`;
}

export function followPages({ db, temporal, log }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('POST /payouts/{id}/look', async (c) => {
    const { id } = await getPayout(db, idOf(c, 'payout'));
    const start = await getPayoutStart(db, id);
    await wakeQuietly({ temporal, log }, { payout: start.id }, () => wakePayout(temporal, start));
    return c.redirect(`/payouts/${start.id}`, 303);
  });

  pages.on('POST /payouts/{id}/replacement', async (c, { actorId }) => {
    const payoutId = idOf(c, 'payout');
    const { key } = await readForm(c, 'key');
    const request = { payoutId, actorId, reason: await readReason(c), key: key || randomUUID(), nowMs: Date.now() };
    const run = await askForReplacement(db, request);
    const start = { id: run.id, scheduleCode: run.schedule, periodEnd: run.periodEnd };
    await wakeQuietly({ temporal, log }, { run: run.id }, () => wakeRun(temporal, start));
    return c.redirect(`/runs/${run.id}`, 303);
  });
}
