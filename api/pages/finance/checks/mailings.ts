import { bundleOf, getBundle, listUnmailed } from '../../../../db/checks/mailings.ts';
import { money } from '../../../../domain/money.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { table } from '../../components.ts';
import { field, objectionsOf } from '../../form.ts';
import { formatDay, sayAmount } from '../../format.ts';
import { html } from '../../html.ts';
import type { Work } from '../tasks/work.ts';

/** A person prints and mails checks, and says which ones and when. */
export const mailingWork: Work = async ({ db }, { id, subject }, { roles }, filled) => {
  const bundle = bundleOf(subject);
  const [checks, { schedule, periodEnd, account }] = await Promise.all([
    listUnmailed(db, bundle),
    getBundle(db, bundle),
  ]);
  const may = mayUse(roles, 'POST /tasks/{id}/mailed');
  const left = filled.values['numbers']?.split(' ');
  const list = table({
    caption: `Checks of ${schedule} up to ${formatDay(periodEnd)}, drawn on ${account}`,
    columns: [...(may ? ['Mailed'] : []), 'Number', 'Partner', { label: 'Amount', number: true }],
    rows: checks.map(({ number, partner, payoutId, currency, minor }) => {
      const cells = [html`<a href="/payouts/${payoutId}">${partner}</a>`, sayAmount(money(minor, currency))];
      const isChosen = left === undefined || left.includes(String(number));
      const box = html`<input
        type="checkbox"
        name="numbers"
        value="${number}"
        aria-label="Check ${number}"
        ${isChosen && html`checked`}
      />`;
      return may ? { head: box, cells: [`${number}`, ...cells] } : { head: `${number}`, cells };
    }),
    empty: 'No check of this task waits to be mailed.',
    aside: may && checks.length > 0 ? html`<a href="/tasks/${id}/checks.pdf">Download them as PDF</a>` : undefined,
  });
  if (!may || checks.length === 0) return list;
  return html`<form method="post" action="/tasks/${id}/mailed" class="work">
    ${objectionsOf(['mailedOn'], filled.objections)} ${list}
    <div class="card fields">
      ${field({ name: 'mailedOn', label: 'Mailed on', type: 'date', required: true }, filled)}
      <p class="quiet">Clear the box of each check that you did not mail. Their task stays open.</p>
      <p class="buttons"><button class="primary">Record as mailed</button></p>
    </div>
  </form>`;
};
