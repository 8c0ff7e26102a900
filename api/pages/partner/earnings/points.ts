import { convertPoints } from '../../../../commands/earnings/conversions.ts';
import { redeemPoints } from '../../../../commands/earnings/redemptions.ts';
import { type Conversion, listConversions } from '../../../../db/earnings/conversions.ts';
import {
  listPointsBalances,
  listPointsMovements,
  type PointsBalance,
  type PointsMovement,
} from '../../../../db/earnings/points-balances.ts';
import { listRedemptions, type Redemption } from '../../../../db/earnings/redemptions.ts';
import { readUnits, type Unit } from '../../../../db/programs/units.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import { Failure } from '../../../../domain/errors.ts';
import { formatMoney, money, parseDecimal } from '../../../../domain/money.ts';
import { isPoints } from '../../../../domain/unit.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { RowNumber } from '../../../http/schemas.ts';
import { MyConversionBody } from '../../../routes/earnings/conversions.ts';
import { NewRedemptionBody, redemptionWishOf } from '../../../routes/earnings/redemptions.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { POINTS_MOVEMENT } from '../../decision-words.ts';
import { type Filled, filledIn, foldedForm, orObjections, readBy } from '../../form.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import { readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';

const MOVEMENTS_A_PAGE = 50;
const NEWEST = 20;
const NONE: Filled = { values: {} };
/** A form that came back: for which unit, and which of the two. */
type Back = { unit: string; form: 'use' | 'convert'; filled: Filled };

/** The points of a partner: how many there are, what changed them, and the forms to use them or turn them into money. */
export function pointsPages({ db }: ApiDeps, portal: Portal): void {
  const pathOf = (own: Own) => `${portalOf(own)}/points`;

  portal.on('GET /portal/{partner}/points', async (c, own, visitor) => {
    const main = await pointsPage(own, c.req.query('cursor') ?? '');
    return sendPage(c, portalPage({ title: 'Points', here: '/earnings', main }, visitor, own));
  });

  portal.on('POST /portal/{partner}/points/use', async (c, own, visitor) => {
    const values = await readForm(c, 'unit', 'amount', 'purpose', 'reference');
    const { unit } = await unitOf(own, values.unit);
    const read = readBy(NewRedemptionBody, filledIn(values));
    const wish = { partnerId: own.id, by: visitor.actorId };
    const done = read.success
      ? await orObjections(
          () => redeemPoints(db, { ...redemptionWishOf(read.body), ...wish }),
          'points_not_available',
          'partner_on_hold',
        )
      : read;
    if (done.success) return c.redirect(pathOf(own), 303);
    const filled = { values, objections: done.objections };
    const main = await pointsPage(own, '', { unit, form: 'use', filled });
    return sendPage(c, portalPage({ title: 'Points', here: '/earnings', main }, visitor, own), 400);
  });

  portal.on('POST /portal/{partner}/points/convert', async (c, own, visitor) => {
    const values = await readForm(c, 'unit', 'amount', 'currency');
    const { unit } = await unitOf(own, values.unit);
    const read = readBy(MyConversionBody, filledIn(values));
    const about = { partnerId: own.id, unit, reason: null, by: visitor.actorId };
    const done = read.success
      ? await orObjections(
          () =>
            convertPoints(db, {
              ...about,
              currency: read.body.currency,
              minor: parseDecimal(read.body.amount, unit).minor,
            }),
          'points_not_available',
          'partner_on_hold',
          'conversion_not_offered',
        )
      : read;
    if (done.success) return c.redirect(pathOf(own), 303);
    const filled = { values, objections: done.objections };
    const main = await pointsPage(own, '', { unit, form: 'convert', filled });
    return sendPage(c, portalPage({ title: 'Points', here: '/earnings', main }, visitor, own), 400);
  });

  /** A unit in which the partner has points. Any other one is not there for them. */
  async function unitOf(own: Own, unit: string) {
    if (isPoints(unit) && (await listPointsBalances(db, own.id)).some((balance) => balance.unit === unit))
      return { unit };
    throw new Failure('not_found', 'You have no points of this unit. Nothing was done.');
  }

  async function pointsPage(own: Own, cursor: string, back?: Back): Promise<Html> {
    const before = RowNumber.safeParse(parseCursor(cursor)).data ?? null;
    const [zone, balances, redemptions, conversions, movements] = await Promise.all([
      zoneOf(db, own.id),
      listPointsBalances(db, own.id),
      listRedemptions(db, own.id, null, NEWEST),
      listConversions(db, { partnerId: own.id }, null, NEWEST),
      readPage(MOVEMENTS_A_PAGE, (count) => listPointsMovements(db, own.id, before, count), {
        key: ({ id }) => id,
        item: (movement) => movement,
      }),
    ]);
    const units = await readUnits(
      db,
      balances.map(({ unit }) => unit),
    );
    return html`<header class="title">
        <p><a href="${portalOf(own)}/earnings">Earnings</a></p>
        <h1>Points</h1>
        <p>Points are not money, and are never added to it.</p>
      </header>
      ${balances.map((balance) => {
        const unit = units.find(({ code }) => code === balance.unit);
        return unit && balanceCard(pathOf(own), balance, unit, back);
      })}
      ${table({
        caption: 'What changed them',
        columns: ['Day', 'Unit', 'What happened', { label: 'Points', number: true }],
        rows: movements.items.map(movementRow),
        empty: 'You have earned no points yet. Where a program gives points, what you did appears here soon.',
      })}
      ${nextPage(pathOf(own), movements.nextCursor)} ${redemptions.length > 0 && redemptionTable(redemptions, zone)}
      ${conversions.length > 0 && conversionTable(conversions, zone)}`;
  }
}

function balanceCard(path: string, balance: PointsBalance, unit: Unit, back: Back | undefined): Html {
  const say = (minor: bigint) => sayAmount(money(minor, balance.unit));
  const filledOf = (form: Back['form']): Filled =>
    back?.unit === balance.unit && back.form === form ? back.filled : NONE;
  return html`<section class="card">
    <h2>${balance.name} <small>${balance.program}</small></h2>
    ${facts([
      ['Balance', html`<strong>${say(balance.minor)}</strong>`],
      ['You can use now', say(balance.availableMinor)],
      ...(balance.heldMinor > 0n ? [['Held for refunds', say(balance.heldMinor)] as const] : []),
      ...(balance.expiresOn === null
        ? []
        : [[`Expire on ${formatDay(balance.expiresOn)}`, say(balance.expiringMinor)] as const]),
    ])}
    ${
      balance.minor < 0n &&
      html`<p>A refund took points back after you used them. What you earn next fills the gap first.</p>`
    }
    ${balance.availableMinor > 0n && useForm(path, balance, filledOf('use'))}
    ${balance.availableMinor > 0n && unit.conversion === 'by-partner' && convertForm(path, unit, filledOf('convert'))}
    ${unit.conversion === 'by-staff' && html`<p class="quiet">We turn these points into money for you: ask us.</p>`}
  </section>`;
}

const useForm = (path: string, { unit }: PointsBalance, filled: Filled): Html =>
  foldedForm(
    {
      action: `${path}/use`,
      title: 'Use points',
      about: 'The oldest points that are free go first.',
      button: 'Use them',
      hidden: { unit },
      wishes: [
        { name: 'amount', id: `use-amount-${unit}`, label: 'Amount', required: true, lengthMax: 40 },
        {
          name: 'purpose',
          id: `use-purpose-${unit}`,
          label: 'Purpose',
          help: 'Such as: Discount code SPRING-10',
          required: true,
          lengthMax: 200,
        },
        { name: 'reference', id: `use-reference-${unit}`, label: 'Your own reference', lengthMax: 200 },
      ],
    },
    filled,
  );

const convertForm = (path: string, unit: Unit, filled: Filled): Html =>
  foldedForm(
    {
      action: `${path}/convert`,
      title: 'Turn points into money',
      about: `The rate of today counts. The money is an earning, and is paid like any other.${unit.leastConversionMinor > 0n ? ` The least is ${formatMoney(money(unit.leastConversionMinor, unit.code))}.` : ''} This cannot be undone.`,
      button: 'Turn them into money',
      hidden: { unit: unit.code },
      wishes: [
        { name: 'amount', id: `convert-amount-${unit.code}`, label: 'Amount', required: true, lengthMax: 40 },
        {
          name: 'currency',
          id: `convert-currency-${unit.code}`,
          label: 'Currency',
          required: true,
          choices: CURRENCY_CODES.map((code) => ({ value: code, label: code })),
        },
      ],
    },
    filled,
  );

const movementRow = ({ on, unit, kind, minor }: PointsMovement) => ({
  head: html`<span class="day">${formatDay(on)}</span>`,
  cells: [unit, POINTS_MOVEMENT[kind], sayAmount(money(minor, unit))],
});

const redemptionTable = (redemptions: readonly Redemption[], zone: string): Html =>
  table({
    caption: 'Points that you used',
    columns: ['For', { label: 'Points', number: true }, 'State', 'Used'],
    rows: redemptions.map(({ purpose, reference, minor, unit, cancelledAt, cancelReason, redeemedAt }) => ({
      head: html`${purpose} ${reference && html`<small>${reference}</small>`}`,
      cells: [
        sayAmount(money(minor, unit)),
        cancelledAt
          ? html`${tag({ label: 'cancelled', tone: 'plain' })} <small>${cancelReason}</small>`
          : tag({ label: 'used', tone: 'good' }),
        html`<span class="day">${formatInstant(redeemedAt, zone)}</span>`,
      ],
    })),
    empty: '',
  });

const CONVERSION = {
  proposed: { label: 'being decided', tone: 'watch' },
  confirmed: { label: 'in your balance', tone: 'good' },
  refused: { label: 'refused', tone: 'alert' },
} as const;

const conversionTable = (conversions: readonly Conversion[], zone: string): Html =>
  table({
    caption: 'Points that became money',
    columns: ['Points', { label: 'Money', number: true }, 'Rate', 'State', 'Asked'],
    rows: conversions.map((conversion) => ({
      head: sayAmount(money(conversion.pointsMinor, conversion.unit)),
      cells: [
        sayAmount(money(conversion.minor, conversion.currency)),
        conversion.rate,
        html`${tag(CONVERSION[conversion.status])} ${conversion.note && html`<small>${conversion.note}</small>`}`,
        html`<span class="day">${formatInstant(conversion.proposedAt, zone)}</span>`,
      ],
    })),
    empty: '',
  });
