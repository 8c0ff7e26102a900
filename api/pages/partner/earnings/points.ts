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
import { money, parseDecimal } from '../../../../domain/money.ts';
import { isPoints } from '../../../../domain/unit.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { RowNumber } from '../../../http/schemas.ts';
import { MyConversionBody } from '../../../routes/earnings/conversions.ts';
import { NewRedemptionBody, redemptionWishOf } from '../../../routes/earnings/redemptions.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { type Filled, filledIn, foldedForm, orObjections, readBy } from '../../form.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import { readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import { say } from '../../say.ts';
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
    return sendPage(c, portalPage({ title: say('points.title'), here: '/earnings', main }, visitor, own));
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
    return sendPage(c, portalPage({ title: say('points.title'), here: '/earnings', main }, visitor, own), 400);
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
    return sendPage(c, portalPage({ title: say('points.title'), here: '/earnings', main }, visitor, own), 400);
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
        <p><a href="${portalOf(own)}/earnings">${say('place.earnings')}</a></p>
        <h1>${say('points.title')}</h1>
        <p>${say('points.notMoney')}</p>
      </header>
      ${balances.map((balance) => {
        const unit = units.find(({ code }) => code === balance.unit);
        return unit && balanceCard(pathOf(own), balance, unit, back);
      })}
      ${table({
        caption: say('points.caption'),
        columns: [
          say('earnings.day'),
          say('points.unit'),
          say('points.happened'),
          { label: say('points.title'), number: true },
        ],
        rows: movements.items.map(movementRow),
        empty: say('points.none'),
      })}
      ${nextPage(pathOf(own), movements.nextCursor)} ${redemptions.length > 0 && redemptionTable(redemptions, zone)}
      ${conversions.length > 0 && conversionTable(conversions, zone)}`;
  }
}

function balanceCard(path: string, balance: PointsBalance, unit: Unit, back: Back | undefined): Html {
  const print = (minor: bigint) => sayAmount(money(minor, balance.unit));
  const filledOf = (form: Back['form']): Filled =>
    back?.unit === balance.unit && back.form === form ? back.filled : NONE;
  return html`<section class="card">
    <h2>${balance.name} <small>${balance.program}</small></h2>
    ${facts([
      [say('points.balance'), html`<strong>${print(balance.minor)}</strong>`],
      [say('points.usable'), print(balance.availableMinor)],
      ...(balance.heldMinor > 0n ? [[say('points.held'), print(balance.heldMinor)] as const] : []),
      ...(balance.expiresOn === null
        ? []
        : [[say('points.expire', { day: formatDay(balance.expiresOn) }), print(balance.expiringMinor)] as const]),
    ])}
    ${balance.minor < 0n && html`<p>${say('points.below')}</p>`}
    ${balance.availableMinor > 0n && useForm(path, balance, filledOf('use'))}
    ${balance.availableMinor > 0n && unit.conversion === 'by-partner' && convertForm(path, unit, filledOf('convert'))}
    ${unit.conversion === 'by-staff' && html`<p class="quiet">${say('points.byStaff')}</p>`}
  </section>`;
}

const useForm = (path: string, { unit }: PointsBalance, filled: Filled): Html =>
  foldedForm(
    {
      action: `${path}/use`,
      title: say('points.use'),
      about: say('points.use.about'),
      button: say('points.use.button'),
      hidden: { unit },
      wishes: [
        { name: 'amount', id: `use-amount-${unit}`, label: say('points.amount'), required: true, lengthMax: 40 },
        {
          name: 'purpose',
          id: `use-purpose-${unit}`,
          label: say('points.purpose'),
          help: say('points.purpose.help'),
          required: true,
          lengthMax: 200,
        },
        { name: 'reference', id: `use-reference-${unit}`, label: say('points.reference'), lengthMax: 200 },
      ],
    },
    filled,
  );

const convertForm = (path: string, unit: Unit, filled: Filled): Html =>
  foldedForm(
    {
      action: `${path}/convert`,
      title: say('points.convert'),
      about:
        unit.leastConversionMinor > 0n
          ? say('points.convert.least', { least: sayAmount(money(unit.leastConversionMinor, unit.code)) })
          : say('points.convert.about'),
      button: say('points.convert.button'),
      hidden: { unit: unit.code },
      wishes: [
        {
          name: 'amount',
          id: `convert-amount-${unit.code}`,
          label: say('points.amount'),
          required: true,
          lengthMax: 40,
        },
        {
          name: 'currency',
          id: `convert-currency-${unit.code}`,
          label: say('points.currency'),
          required: true,
          choices: CURRENCY_CODES.map((code) => ({ value: code, label: code })),
        },
      ],
    },
    filled,
  );

const movementRow = ({ on, unit, kind, minor }: PointsMovement) => ({
  head: html`<span class="day">${formatDay(on)}</span>`,
  cells: [unit, say(`pointsMovement.${kind}`), sayAmount(money(minor, unit))],
});

const redemptionTable = (redemptions: readonly Redemption[], zone: string): Html =>
  table({
    caption: say('points.used'),
    columns: [
      say('earnings.for'),
      { label: say('points.title'), number: true },
      say('list.state'),
      say('points.usedOn'),
    ],
    rows: redemptions.map(({ purpose, reference, minor, unit, cancelledAt, cancelReason, redeemedAt }) => ({
      head: html`${purpose} ${reference && html`<small>${reference}</small>`}`,
      cells: [
        sayAmount(money(minor, unit)),
        cancelledAt
          ? html`${tag({ label: say('points.cancelled'), tone: 'plain' })} <small>${cancelReason}</small>`
          : tag({ label: say('points.isUsed'), tone: 'good' }),
        html`<span class="day">${formatInstant(redeemedAt, zone)}</span>`,
      ],
    })),
    empty: '',
  });

const CONVERSION = { proposed: 'watch', confirmed: 'good', refused: 'alert' } as const;

const conversionTable = (conversions: readonly Conversion[], zone: string): Html =>
  table({
    caption: say('points.became'),
    columns: [
      say('points.title'),
      { label: say('points.money'), number: true },
      say('points.rate'),
      say('list.state'),
      say('points.asked'),
    ],
    rows: conversions.map((conversion) => ({
      head: sayAmount(money(conversion.pointsMinor, conversion.unit)),
      cells: [
        sayAmount(money(conversion.minor, conversion.currency)),
        conversion.rate,
        html`${tag({ label: say(`conversion.${conversion.status}`), tone: CONVERSION[conversion.status] })}
        ${conversion.note && html`<small>${conversion.note}</small>`}`,
        html`<span class="day">${formatInstant(conversion.proposedAt, zone)}</span>`,
      ],
    })),
    empty: '',
  });
