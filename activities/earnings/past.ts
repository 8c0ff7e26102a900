import type { Database } from '../../db/database.ts';
import { type Budgets, budgetsNamed, lockBudgets, type MayPay } from './budgets.ts';
import type { AccrualProgram, ContributionRow, DueEvent } from '../../db/earnings/accrual.ts';
import { listWindowClosings } from '../../db/earnings/closings.ts';
import { listParts } from '../../db/earnings/pools.ts';
import { type AskedCustomer, readCustomers } from '../../db/earnings/scope-customers.ts';
import { readScopes, type ScopeOfPartner } from '../../db/earnings/scopes.ts';
import type { Contribution } from '../../domain/earnings/change.ts';
import { type Scope, scopeKey } from '../../domain/earnings/scope-state.ts';
import { type Closings, closingsOf } from '../../domain/earnings/lateness.ts';
import type { Rating } from '../../domain/earnings/rating.ts';
import type { AskedScope } from '../../domain/earnings/asked-scopes.ts';
import { CLOSING, DIVISION } from '../../domain/event.ts';
import { factsToEarn } from '../../domain/programs/eligibility.ts';
import { mindsLate } from '../../domain/programs/incentives/index.ts';
import type { RateNeed } from '../../domain/programs/exchange-rate.ts';
import { type Rates, readRates } from './exchange-rates.ts';
import { asksAboutPartners, factsAsked } from '../../domain/programs/plan.ts';
import { doerOf } from './channel.ts';
import { type Hierarchy, readHierarchy } from './ancestors.ts';
import { type History, readCounted, readHistories } from './history.ts';
import { type PartnersThen, readPartnersThen } from './partners-then.ts';
import { type Quotas, readQuotas } from './quotas.ts';
import { loadNamed, type RatedEvent, readRatings } from './ratings.ts';
import { readRungs, type RungWait } from './rungs.ts';
import type { TermsCache } from './terms-cache.ts';

export type RatingOf = (event: RatedEvent) => Rating | undefined;

/** A window that an event of ours closes, and the part of a pool that it gets, in minor units. Null where no pool is divided. */
export type Closing = { readonly scope: Scope; readonly partMinor: bigint | null };

export type State = {
  /** By `scopeKey`. */
  readonly scopes: Map<string, Scope>;
  /** The contributions of refunded or corrected events, by the keys of their histories. */
  readonly contributions: Map<string, Contribution[]>;
  /** The window that an event of ours closes. Undefined for any other event. */
  readonly closingOf: (eventId: bigint) => Closing | undefined;
  /** The closings of the windows of the page, where an incentive minds late events. */
  readonly closings: Closings;
  /** The quotas of the windows of the page, and the windows whose quotas its events of ours changed. */
  readonly quotas: Quotas;
};

/** The names of the scopes that the events of a page may change, given the contributions that are stored. */
export type AskedByPage = AskedScope & ScopeOfPartner;
type NamesOf = (counted: ReadonlyMap<string, readonly ContributionRow[]>) => readonly AskedByPage[];

/** The state that earlier pages left behind. The database keeps it for accrual, and memory for a replay. */
export type Past = {
  /** Reads the terms by which events are rated. Their plan versions are in the cache afterwards. */
  readonly ratings: (due: readonly DueEvent[]) => Promise<RatingOf>;
  readonly histories: (due: readonly DueEvent[]) => Promise<ReadonlyMap<string, History>>;
  /** The partners of the events on their days, where an incentive asks about them. It is asked after the ratings. */
  readonly partners: (due: readonly DueEvent[], histories: ReadonlyMap<string, History>) => Promise<PartnersThen>;
  /** Reads the rungs of the partners, where an incentive or the eligibility asks for the fact of a ladder. It is asked after the ratings. */
  readonly rungs: (due: readonly DueEvent[]) => Promise<RungWait>;
  /** Reads who is above the partners of events, and who was when earlier revisions were worked out. */
  readonly ancestors: (due: readonly DueEvent[], histories: ReadonlyMap<string, History>) => Promise<Hierarchy>;
  /** The page adds to these maps and changes what is in them. */
  readonly state: (
    due: readonly DueEvent[],
    histories: ReadonlyMap<string, History>,
    namesOf: NamesOf,
  ) => Promise<State>;
  /** Reads the rates for conversions. */
  readonly rates: (needs: readonly RateNeed[]) => Promise<Rates>;
  /** The budgets that may pay these, or get something back. */
  readonly budgets: (mayPay: MayPay) => Promise<Budgets>;
};

export function storedPast(tx: Database, program: AccrualProgram, cache: TermsCache): Past {
  let isAsked = false;
  let facts: readonly string[] = [];
  const eligible = program.admission ? factsToEarn(program.admission.eligibility) : [];
  let isMinded = false;
  return {
    async ratings(due) {
      const { ratings, versionIds } = await readRatings(tx, program, due, cache);
      isAsked = versionIds.some((id) => asksAboutPartners(cache.get(id).terms));
      facts = [...new Set(versionIds.flatMap((id) => factsAsked(cache.get(id).terms)))];
      isMinded = versionIds.some((id) => cache.get(id).terms.incentives.some(mindsLate));
      return ratings;
    },
    async histories(due) {
      const histories = await readHistories(tx, program.id, due);
      await loadNamed(
        tx,
        cache,
        [...histories.values()].flatMap(({ known }) => known),
      );
      return histories;
    },
    rungs: (due) => readRungs(tx, program, [...facts, ...eligible], due.map(doerOf)),
    partners: (due, histories) => readPartnersThen(tx, program, due, histories, isAsked),
    ancestors: (due, histories) => readHierarchy(tx, due, histories, cache.levels()),
    rates: (needs) => readRates(tx, needs),
    budgets: (mayPay) =>
      lockBudgets(
        tx,
        program.id,
        cache.namesBudgets() ? budgetsNamed(mayPay, (versionId) => cache.get(versionId).terms) : [],
      ),
    async state(due, histories, namesOf) {
      const counted = await readCounted(tx, histories);
      await cache.load(
        tx,
        [...counted.values()].flat().map(({ versionId }) => versionId),
      );
      const named = namesOf(counted);
      const quotas = await readQuotas(tx, program.id, due, named);
      const windows = isMinded ? named.filter(({ closesOn }) => closesOn !== null) : [];
      const closings = closingsOf(windows.length > 0 ? await listWindowClosings(tx, program.id, windows) : []);
      const ofOurs = due.filter(({ kind }) => kind === CLOSING || kind === DIVISION).map(({ eventId }) => eventId);
      const parts = ofOurs.length === 0 ? [] : await listParts(tx, ofOurs);
      const scopes = await readScopes(
        tx,
        program.id,
        [...new Map(named.map((name) => [scopeKey(name.partnerId, name), name])).values()],
        [...new Set([...[...counted.values()].flat(), ...parts].flatMap(({ scopeId }) => scopeId ?? []))],
        ofOurs,
        [...quotas.changed.values()],
      );
      const byId = new Map([...scopes.values()].map((scope) => [scope.id, scope]));
      await readCustomers(tx, byId, [...customersIn(named, scopes), ...customersOf([...counted.values()].flat())]);
      await cache.load(
        tx,
        [...scopes.values()].flatMap(({ segments, members }) =>
          [...segments, ...members.values()].map(({ versionId }) => versionId),
        ),
      );
      const contributions = new Map(
        [...counted].map(([key, rows]) => [key, rows.map((row): Contribution => contributionOf(row, byId))]),
      );
      const closingBy = new Map<bigint | null, Closing>(
        [...scopes.values()].map((scope) => [scope.closingId, { scope, partMinor: null }]),
      );
      for (const { eventId, scopeId, minor } of parts) {
        const scope = byId.get(scopeId);
        if (scope) closingBy.set(eventId, { scope, partMinor: minor });
      }
      return { scopes, contributions, quotas, closings, closingOf: (eventId) => closingBy.get(eventId) };
    },
  };
}

/** The customers of the events of a page, in the scopes where they may count. */
const customersIn = (named: readonly AskedByPage[], scopes: ReadonlyMap<string, Scope>): AskedCustomer[] =>
  named.flatMap(({ customer, ...name }) => {
    const scopeId = customer === null ? null : (scopes.get(scopeKey(name.partnerId, name))?.id ?? null);
    return customer === null || scopeId === null ? [] : [{ scopeId, customer }];
  });

/** The customers of the contributions that events of a page may take back. */
const customersOf = (rows: readonly ContributionRow[]): AskedCustomer[] =>
  rows.flatMap(({ customer, scopeId }) => (customer === null || scopeId === null ? [] : [{ scopeId, customer }]));

function contributionOf(
  { volume, of, base, scopeId, ...row }: ContributionRow,
  scopes: ReadonlyMap<bigint | null, Scope>,
): Contribution {
  return { ...row, measures: { volume, of, base }, scope: scopeId === null ? null : (scopes.get(scopeId) ?? null) };
}
