import type { NewEvent } from '../../db/earnings/event-rows.ts';
import { insertAudit, insertMonthlyAudits, saveAuditedPage, sumAccrualPostings } from '../../db/books/audits.ts';
import { listAccruedByMonth, listIncentiveSums } from '../../db/books/incentive-days.ts';
import { listIncentiveCosts } from '../../db/books/incentives.ts';
import { listPartnerMovements, listPartnerTotals } from '../../db/books/partner-statement.ts';
import { listBalances, listPayoutEntries, lockAccounts, postJournals } from '../../db/books/ledger.ts';
import {
  listBreaks,
  listLedgerSide,
  listProviderSide,
  listStatementLines,
  type ReportKey,
  type ReportLine,
  saveReport,
} from '../../db/books/reconciliation.ts';
import { openCheckAccount, openCheckAccounts } from '../../db/checks/accounts.ts';
import { listRunChecks } from '../../db/checks/checks.ts';
import type { Database } from '../../db/database.ts';
import { insertCorrectedLines, insertEarnings, type NewEarning } from '../../db/earnings/earnings.ts';
import {
  listContributions,
  listDueEvents,
  listHistory,
  listRatedEvents,
  lockShardForAccrual,
} from '../../db/earnings/accrual.ts';
import { listRevised } from '../../db/earnings/known-events.ts';
import {
  finishDueEvents,
  insertReRatingEvent,
  insertClosings,
  insertQuotaEvents,
  insertEvents,
  setAside,
  waitInQueue,
  wakeRateless,
  wakeSuperseded,
  wakeWaiting,
} from '../../db/earnings/events.ts';
import { listEvents } from '../../db/earnings/stored-events.ts';
import { listNewestEvents } from '../../db/earnings/event-pages.ts';
import {
  listCausedEarnings,
  listEarners,
  listEventsAbout,
  listEventWaits,
  listRevisions,
} from '../../db/earnings/event-story.ts';
import { insertConversion, listConversions } from '../../db/earnings/conversions.ts';
import { insertMovements, markTold, readLots } from '../../db/earnings/lots.ts';
import { listExpiring, listLiabilities, listUntold } from '../../db/earnings/points-balances.ts';
import { insertReRatingItems, listAgreementAuthors, listPartnersToRate } from '../../db/earnings/re-ratings.ts';
import { listClosable, listMissing, listWindowClosings } from '../../db/earnings/closings.ts';
import { readCustomers, saveCustomers } from '../../db/earnings/scope-customers.ts';
import { readScopes, saveScopes } from '../../db/earnings/scopes.ts';
import { listAgreementEpochs, listClosingWindows, listParticipants, openReplay } from '../../db/earnings/replays.ts';
import { insertBackTest, listFactSpans, saveBackTestPage } from '../../db/earnings/back-tests.ts';
import { listCorrectable } from '../../db/earnings/histories.ts';
import {
  listDueKeys,
  listSetAside,
  listSetAsideOf,
  readDueName,
  sumSetAside,
  tryCorrectedAgain,
  tryFilteredAgain,
} from '../../db/earnings/set-aside.ts';
import { listLadderStandings } from '../../db/earnings/ladder-standing.ts';
import { listChangedEvents, listPlainVolumes, readLadderVolumes } from '../../db/earnings/ladder-volumes.ts';
import { listStandings } from '../../db/earnings/standing.ts';
import { keepPartners, listKeptPartners, listKnownPartners } from '../../db/earnings/partners-then.ts';
import {
  countNotWorkedOut,
  countUnbooked,
  findPool,
  getPool,
  insertDivision,
  insertPool,
  listHandsInPool,
  listParts,
  listPartsInForce,
  listPartsOf,
  listPools,
  listScopesOfPool,
  sumPool,
} from '../../db/earnings/pools.ts';
import { insertQuotas, listQuotaEvents, listQuotas, listQuotasInForce } from '../../db/earnings/quotas.ts';
import { listPartnerEarnings } from '../../db/earnings/partner-earnings.ts';
import { insertSecret, openSecrets } from '../../db/earnings/source-secrets.ts';
import { insertParked } from '../../db/earnings/parked.ts';
import { insertQuarantined } from '../../db/earnings/quarantine.ts';
import { countWorkedOut } from '../../db/earnings/worked-out.ts';
import { listInstruments } from '../../db/partners/instruments.ts';
import { listPartnersBy } from '../../db/partners/list.ts';
import { listPartners } from '../../db/partners/partners.ts';
import { insertRates, listRates, listRatesFor, listRateSources } from '../../db/programs/exchange-rates.ts';
import { findLiveAttempt, listAttemptHistory, listAttempts } from '../../db/payouts/attempts.ts';
import { listOverdueBatches } from '../../db/payouts/batches.ts';
import { giveUpUnmatched, listMatchedInbox } from '../../db/payouts/inbox.ts';
import { listPayoutEarnings, listPayoutLines } from '../../db/payouts/lines.ts';
import { listBalancesAsOf } from '../../db/payouts/balances.ts';
import { listPartnerPayability, listPayabilityOf } from '../../db/payouts/payability.ts';
import { listNewestPayouts, listPayouts } from '../../db/payouts/pages.ts';
import {
  getPayout,
  type Payout,
  takeOverduePayouts,
  takeStartablePayouts,
  updatePayout,
} from '../../db/payouts/payouts.ts';
import { findPayoutByProviderRef } from '../../db/payouts/starts.ts';
import { whyNotSubmit } from '../../db/payouts/waits.ts';
import { addAuditEntry, listAuditEntries, sealAuditLog } from '../../db/people/audit.ts';
import { findOpenContactChange, insertContactChange } from '../../db/partners/contact-changes.ts';
import { insertClaim, lockOpenClaim } from '../../db/people/claims.ts';
import { insertGrant } from '../../db/people/grants.ts';
import { findCaller, insertKey } from '../../db/people/keys.ts';
import { findEvents, findPartners, findPayouts } from '../../db/books/search.ts';
import { findVisitor, insertSession } from '../../db/people/sessions.ts';
import { insertFirstVersion, insertNextVersion } from '../../db/programs/plans.ts';
import { listRivals } from '../../db/programs/rivals.ts';
import type { Program } from '../../db/programs/programs.ts';
import { countApprovals, insertApproval, readDecider } from '../../db/runs/approvals.ts';
import { countHeld, listHeld, listHoldingRuns } from '../../db/runs/holds.ts';
import { listOutcomes } from '../../db/runs/outcomes.ts';
import { listOverdueRuns } from '../../db/runs/overdue.ts';
import { countActivePayouts, listRuns, readRunProgress, updateRun } from '../../db/runs/runs.ts';
import { clearAlarmWithout, insertAlarmFact } from '../../db/tasks/alarms.ts';
import { countUnread, listNotices } from '../../db/tasks/notices.ts';
import { insertEndpointSecret, openEndpointSecrets } from '../../db/tasks/webhooks.ts';
import { takeDueNotifications } from '../../db/tasks/notifications.ts';
import { listTasks, listTasksDue } from '../../db/tasks/tasks.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { accrualPosting } from '../../domain/books/postings.ts';
import type { Scope } from '../../domain/earnings/scope-state.ts';
import { pointsOf } from '../../domain/books/points-postings.ts';
import { statementDay } from '../../domain/books/statement-day.ts';
import type { WireEvent } from '../../domain/event.ts';
import { LadderTerms } from '../../domain/programs/ladder.ts';
import { formatKey, type KeyParts } from '../../domain/people/api-key.ts';
import type { Scene } from './large-tables.ts';

const PAGE = 51;
const ID = '00000000-0000-8000-8000-000000000000';
const HASH = Buffer.alloc(32);
const VAULT: VaultKeys = { keyId: 'test', kek: HASH, fingerprintKey: HASH };
const KEY: KeyParts = { prefix: 'a'.repeat(12), secret: 'b'.repeat(43) };
const NOW = new Date('2026-03-26T12:00:00Z');
const DAY: ReportKey = {
  gateway: 'paypal',
  payerId: 1,
  currency: 'USD',
  day: statementDay('2026-03-25', 'UTC'),
};
const LINE: ReportLine = {
  id: 'line',
  kind: 'payout',
  currency: 'USD',
  minor: -1000n,
  occurredAt: NOW,
  reference: 'ref',
  key: 'key',
};
const LADDER = LadderTerms.parse({
  when: { event: { product: ['router'] } },
  measure: 'amount - tax',
  currency: 'USD',
  window: 'quarter',
  rungs: [{ from: '0', value: 'bronze' }],
});
const ladderWindow = ({ company: { programId } }: Scene) => ({ programId, terms: LADDER, from: NOW, until: NOW });
const EARNING: NewEarning = {
  eventId: 1n,
  n: 2,
  originId: 1n,
  partnerId: 1n,
  childId: null,
  incentiveId: 'commission',
  currency: 'USD',
  scope: null,
  minor: 1n,
  uncollectedMinor: 0n,
  unfundedMinor: 0n,
  budgetId: null,
  measures: { volume: 1n, of: 0n, base: 0n },
  versionId: 1,
  sinceMs: 0,
  availableOn: '2026-01-15',
  before: null,
  lateFor: null,
  customer: null,
  converted: null,
  kind: 'earned',
  madeBy: [],
};
const KIM = new Map([['kim', [{ customer: 'kim', versionId: 1, sinceMs: 0, events: 1n, base: 0n }]]]);
const MARCH = { from: '2026-03-01', until: '2026-03-31', zone: 'UTC' };
const AS_OF = { at: null, day: '2026-03-25' } as const;
const UNIT = 'points-large';
const LOT = { earnedOn: '2026-01-15', availableOn: '2026-01-15', expiresOn: '2027-01-15' };
const MOVEMENT = {
  unit: UNIT,
  kind: 'expired',
  minor: -1n,
  movedOn: '2027-01-15',
  entries: [{ ...LOT, minor: -1n }],
} as const;
const AUDIT_SUM = {
  partnerId: 1n,
  unit: 'USD',
  eventCount: 1,
  earnedMinor: 1n,
  bookedMinor: 1n,
  postedMinor: 1n,
  ledgerMinor: 1n,
  events: [],
} as const;
const ON_FILE = { source: 'large', kind: 'sale', currency: 'USD', count: 1, exact: 1n };
const BACK_TEST_SUM = {
  partnerId: 1n,
  month: '2026-01-01',
  tier: '',
  unit: 'USD',
  eventCount: 1,
  oldMinor: 1n,
  newMinor: 1n,
  stoppedCount: 0,
} as const;
const STOPPED = { partnerId: 1n, eventId: 1n, unit: 'USD', oldMinor: 1n, reason: 'none' } as const;
const ORIGIN = { source: 'large', id: 'large-1', partnerId: 1n, childId: null };
const CONVERSION = {
  unit: UNIT,
  askedMinor: 1n,
  pointsMinor: 1n,
  rateId: 1n,
  currency: 'USD',
  minor: 1n,
  reason: null,
  by: ID,
  status: 'proposed',
} as const;
const QUOTA = { name: 'standard', window: 'quarter', start: '2026-01-01' };
const POOL = {
  programId: 1,
  incentiveId: 'pool-7',
  currency: 'USD' as const,
  window: 'quarter' as const,
  start: '2026-01-01',
  measure: 'amount at close of a pool',
};
const SCOPE: Scope = {
  id: null,
  partnerId: 1n,
  incentiveId: 'commission',
  currency: 'USD',
  window: 'month',
  start: '2026-02-01',
  measure: 'amount',
  group: '',
  earnedMinor: 0n,
  unfundedMinor: 0n,
  closesOn: null,
  closingId: null,
  madeBy: new Set(),
  isClosed: false,
  segments: [{ versionId: 1, sinceMs: 0, measures: { volume: 1n, of: 0n, base: 0n } }],
  members: new Map(),
  customers: new Map(),
};
const EVENT: NewEvent = {
  event: {
    source: 'large',
    id: 'x',
    program: 'resale',
    partner: 'large-1',
    kind: 'sale',
    occurredAtMs: 0,
    currency: 'USD',
    minor: 1n,
    otherAmounts: {},
    quantity: null,
    about: null,
    attributes: {},
    reading: null,
    revision: 1,
    shares: [],
  },
  hash: HASH,
  partnerId: 1n,
  programId: 1,
  sentBy: ID,
};

const STAFF_READER = { actorId: ID, partnerId: null, audiences: ['finance', 'operators'], language: 'en' } as const;

/**
 * The queries whose plan depends on the values, such as a list with filters that a caller may leave out, and those that take only values of
 * the right form. The name of the function comes first.
 */
export const WITH_VALUES: Record<string, (db: Database, s: Scene) => unknown> = {
  'listPayouts: the first page of payouts': (db) => listPayouts(db, {}, null, PAGE),
  'listPayouts: a page of payouts in the middle': (db, s) => listPayouts(db, {}, s.payoutId, PAGE),
  'listPayouts: a page of payouts of a rare status': (db, s) => listPayouts(db, { status: 'failed' }, s.payoutId, PAGE),
  'listPayouts: a page of payouts of a method that nobody has': (db, s) =>
    listPayouts(db, { method: 'check' }, s.payoutId, PAGE),
  'listPayouts: the payouts of a partner': (db, s) => listPayouts(db, { partnerId: s.partnerId }, null, PAGE),
  'listNewestPayouts: those of a partner': (db, s) => listNewestPayouts(db, s.partnerId, null, null, PAGE),
  'listNewestPayouts: a later page of those that failed': (db, s) =>
    listNewestPayouts(db, s.partnerId, 'failed', { id: s.payoutId, createdAt: new Date() }, PAGE),
  listPartnerTotals: (db, s) => listPartnerTotals(db, s.partnerId, MARCH),
  listPartnerMovements: (db, s) => listPartnerMovements(db, s.partnerId, MARCH),
  'listPayouts: the payouts of a run': (db, s) => listPayouts(db, { runId: s.runId }, s.payoutId, PAGE),
  getPayout: (db, s) => getPayout(db, s.payoutId),
  listPayoutLines: (db, s) => listPayoutLines(db, s.payoutId),
  listAttempts: (db, s) => listAttempts(db, s.payoutId),
  findLiveAttempt: (db, s) => findLiveAttempt(db, s.payoutId),
  listAttemptHistory: (db, s) => listAttemptHistory(db, s.payoutId),
  listPayoutEntries: (db, s) => listPayoutEntries(db, s.payoutId),
  listStatementLines: (db, s) => listStatementLines(db, s.payoutId),
  listPartnerPayability: (db, s) =>
    listPartnerPayability(db, s.company.scheduleId, { start: '2026-01-01', end: '2026-02-01' }, s.partnerId),
  listInstruments: (db, s) => listInstruments(db, s.partnerId, null, PAGE),
  listPartners: (db) => listPartners(db, 'large-500', PAGE),
  listPartnersBy: (db) => listPartnersBy(db, {}, 'large-500', PAGE),
  'listPartnersBy: a filter': (db) =>
    listPartnersBy(db, { text: 'no', program: 'no', state: 'payable' }, 'large-500', PAGE),
  listPayabilityOf: (db, s) =>
    listPayabilityOf(db, [{ scheduleId: s.company.scheduleId, start: '2026-01-01', end: '2026-02-01' }], [s.partnerId]),
  listRuns: (db) => listRuns(db, {}, null, PAGE),
  listOutcomes: (db, s) => listOutcomes(db, s.runId, { partnerId: s.partnerId, currency: 'USD' }, PAGE),
  listTasks: (db, s) => listTasks(db, { payoutId: s.payoutId, kind: 'outcome_unknown', isOpen: false }, null, PAGE),
  listAuditEntries: (db) => listAuditEntries(db, 'payout/7', 0n, PAGE),
  listBreaks: (db) => listBreaks(db, 0n, PAGE),
  findPayoutByProviderRef: (db, s) =>
    findPayoutByProviderRef(db, 'paypal', { reference: `ref-${s.payoutId}`, key: null }),
  readRunProgress: (db, s) => readRunProgress(db, s.runId),
  countHeld: (db, s) => countHeld(db, s.runId),
  listHeld: (db, s) => listHeld(db, s.runId, 30),
  listHoldingRuns: (db) => listHoldingRuns(db, 86_400_000, { notice: 'payouts_held', day: '2026-03-01' }, 100),
  countActivePayouts: (db) => countActivePayouts(db),
  takeStartablePayouts: (db, s) => takeStartablePayouts(db, s.runId, 200),
  updatePayout: (db, s) => updatePayout(db, s.payoutId, 'failed', null),
  takeOverduePayouts: (db) => takeOverduePayouts(db, 200),
  listOverdueRuns: (db) => listOverdueRuns(db, 100),
  listOverdueBatches: (db) => listOverdueBatches(db, 100),
  listMatchedInbox: (db) => listMatchedInbox(db, 500),
  giveUpUnmatched: (db) => giveUpUnmatched(db),
  'listNotices: of the console': (db) => listNotices(db, STAFF_READER, { toldAt: NOW, id: 1n }, 20),
  'listNotices: of a partner': (db) => listNotices(db, { ...STAFF_READER, partnerId: 1n }, null, 20),
  'countUnread: of the console': (db) => countUnread(db, STAFF_READER),
  'countUnread: of a partner': (db) => countUnread(db, { ...STAFF_READER, partnerId: 1n }),
  takeDueNotifications: (db) => takeDueNotifications(db, 50, 60_000),
  listTasksDue: (db) => listTasksDue(db, 86_400_000, { notice: 'task_due', day: '2026-03-01' }, 50),
  sealAuditLog: (db) => sealAuditLog(db),
  listNewestEvents: (db) => listNewestEvents(db, { source: 'shop', state: 'nothing' }, null, PAGE),
  'listNewestEvents: of a day': (db) => listNewestEvents(db, { day: '2026-01-15', state: 'due' }, null, PAGE),
  'listNewestEvents: of a partner': (db) =>
    listNewestEvents(db, { partner: 'large-500', state: 'earned' }, 1_000n, PAGE),
  listCausedEarnings: (db, s) => listCausedEarnings(db, { eventIds: [1n, 2n], partnerIds: [s.partnerId] }, PAGE),
  listEarners: (db) => listEarners(db, [1n, 2n]),
  listEventWaits: (db) => listEventWaits(db, [1n, 2n]),
  listEventsAbout: (db) => listEventsAbout(db, 'shop', 'order-1', PAGE),
  findEvents: (db) => findEvents(db, 'order-1'),
  listRevisions: (db) => listRevisions(db, 'shop', 'order-1'),
  listEvents: (db) => listEvents(db, { partner: 'large-500' }, null, PAGE),
  listRivals: (db) =>
    listRivals(db, [{ partner: 'large-1', program: 'resale', from: '2026-01-01', until: null }], ['territory']),
  countWorkedOut: (db) => countWorkedOut(db, { partner: 'large-1', program: 'resale' }, [{ from: NOW, until: null }]),
  listDueEvents: (db, s) => listDueEvents(db, s.company.programId, 0, 500),
  listPartnerEarnings: (db, s) => listPartnerEarnings(db, s.partnerId, null, PAGE),
  'listPartnerEarnings: of a program and some days': (db, s) =>
    listPartnerEarnings(db, s.partnerId, null, PAGE, null, { program: 'resale', ...MARCH }),
  'listPartnerEarnings: as of a day': (db, s) => listPartnerEarnings(db, s.partnerId, null, PAGE, AS_OF),
  listPayoutEarnings: (db, s) => listPayoutEarnings(db, s.payoutId, { lineId: 0n, key: '' }, PAGE),
  'listPayoutEarnings: as of a day': (db, s) =>
    listPayoutEarnings(db, s.payoutId, { lineId: 0n, key: '' }, PAGE, AS_OF),
  listParticipants: (db, s) => listParticipants(db, s.company.programId, 100n, PAGE),
  openReplay: (db, s) => openReplay(db, s.company.programId, [1n, 2n]),
  listAgreementEpochs: (db, s) => listAgreementEpochs(db, s.company.programId, [1n, 2n]),
  listClosingWindows: (db, s) => listClosingWindows(db, s.company.programId, [1n, 2n]),
  insertAudit: (db, s) =>
    insertAudit(db, { programId: s.company.programId, month: '2026-01-01', controls: [], askedBy: ID }),
  insertMonthlyAudits: (db) => insertMonthlyAudits(db, '2026-01-01'),
  saveAuditedPage: (db) =>
    saveAuditedPage(db, { id: ID, after: 0n, through: 1n, notWorkedOut: 0, sums: [AUDIT_SUM], onFile: [ON_FILE] }),
  sumAccrualPostings: (db, s) =>
    sumAccrualPostings(db, { programId: s.company.programId, partnerIds: [1n, 2n], from: NOW, until: NOW }),
  saveBackTestPage: (db) =>
    saveBackTestPage(db, { id: ID, after: 0n, through: 1n, sums: [BACK_TEST_SUM], stopped: [STOPPED] }),
  listFactSpans: (db) => listFactSpans(db, 'tier', [1n, 2n]),
  insertBackTest: (db, s) =>
    insertBackTest(db, {
      programId: s.company.programId,
      plan: 'standard',
      terms: {} as never,
      from: '2026-01-01',
      until: '2026-02-01',
      tierKey: null,
      askedBy: ID,
    }),
  listAccruedByMonth: (db) => listAccruedByMonth(db, { from: '2026-03-01', until: '2026-04-01' }),
  listIncentiveSums: (db) => listIncentiveSums(db, { from: '2026-03-01', until: '2026-04-01' }),
  listIncentiveCosts: (db) => listIncentiveCosts(db, { from: '2026-03-01', until: '2026-04-01', groupBy: 'incentive' }),
  listBalancesAsOf: (db, s) => listBalancesAsOf(db, s.partnerId, AS_OF),
  listCorrectable: (db) => listCorrectable(db, [{ program: 'resale', source: 'large', id: 'x' }]),
  listHistory: (db) => listHistory(db, 1, [ORIGIN]),
  listRevised: (db) => listRevised(db, [{ ...ORIGIN, eventPartnerId: 1n }]),
  listContributions: (db) => listContributions(db, [1n], [1n]),
  listKnownPartners: (db, s) => listKnownPartners(db, s.company.programId, [s.partnerId]),
  listKeptPartners: (db) => listKeptPartners(db, [1n], [1n]),
  keepPartners: (db) =>
    keepPartners(db, [
      { eventId: 1n, partnerId: 1n, was: { day: '2026-01-01', kind: 'agent', joinedOn: null, facts: {} } },
    ]),
  insertQuotas: (db) => {
    const quota = { partnerId: 1n, programId: 1, ...QUOTA, currency: 'USD', value: 1n, reason: null };
    return insertQuotas(db, [{ ...quota, eventId: 1n }], ID);
  },
  listQuotaEvents: (db) => listQuotaEvents(db, [1n]),
  listQuotasInForce: (db, s) => listQuotasInForce(db, s.company.programId, [{ partnerId: s.partnerId, ...QUOTA }]),
  listQuotas: (db, s) => listQuotas(db, s.partnerId, null, PAGE),
  findPool: (db, s) => findPool(db, { ...POOL, programId: s.company.programId }),
  insertPool: (db, s) => insertPool(db, { ...POOL, programId: s.company.programId, incentiveId: 'other' }, 1),
  listScopesOfPool: (db, s) =>
    listScopesOfPool(db, { ...POOL, programId: s.company.programId, program: 'resale', zone: 'UTC' }),
  listHandsInPool: (db, s) => listHandsInPool(db, { ...POOL, programId: s.company.programId }),
  countNotWorkedOut: (db, s) =>
    countNotWorkedOut(db, s.company.programId, { from: new Date('2026-04-01'), until: new Date('2026-07-01') }, [
      'sale',
    ]),
  countUnbooked: (db) => countUnbooked(db, { id: 1n, planVersionId: 1, noticedAt: NOW, divisions: 1 }),
  insertDivision: (db) =>
    insertDivision(db, { poolId: 1n, revision: 2, total: 1n, poolMinor: 1n, madeBy: [], parts: [] }),
  listParts: (db) => listParts(db, [1n]),
  listPartsOf: (db, s) => listPartsOf(db, s.company.programId, [1n, 2n]),
  sumPool: (db, s) => sumPool(db, { ...POOL, programId: s.company.programId }, 0n),
  getPool: (db) => getPool(db, 1n),
  listPools: (db, s) => listPools(db, s.company.programId, null, PAGE),
  listPartsInForce: (db, s) => listPartsInForce(db, { ...POOL, programId: s.company.programId }, null, PAGE),
  lockShardForAccrual: (db) => lockShardForAccrual(db, { program: 'resale', shard: 0 }),
  readScopes: (db, s) =>
    readScopes(db, s.company.programId, [SCOPE], [1n], [1n], [{ partnerId: s.partnerId, ...QUOTA }]),
  readCustomers: (db) => readCustomers(db, new Map(), [{ scopeId: 1n, customer: 'kim' }]),
  saveCustomers: (db) => saveCustomers(db, [{ ...SCOPE, id: 1n, measure: 'customers', customers: KIM }]),
  saveScopes: (db, s) => saveScopes(db, s.company.programId, [SCOPE]),
  listStandings: (db, s) => listStandings(db, s.partnerId, null, PAGE),
  listClosable: (db) => listClosable(db, 100),
  clearAlarmWithout: (db) =>
    clearAlarmWithout(db, { kind: 'reading_missing', subject: 'partner/kim' }, ['resale/bonus/2026-01-01']),
  listMissing: (db, s) => listMissing(db, [s.partnerId]),
  listWindowClosings: (db, s) => listWindowClosings(db, s.company.programId, [SCOPE]),
  insertQuotaEvents: (db) => insertQuotaEvents(db, [{ partnerId: 1n, programId: 1 }], ID),
  insertClosings: (db) => insertClosings(db, [{ scopeId: 1n, partnerId: 1n, programId: 1, closesAt: NOW }]),
  finishDueEvents: (db) => finishDueEvents(db, [{ eventId: 1n, partnerId: 1n, childId: null }]),
  waitInQueue: (db) => waitInQueue(db, [{ eventId: 1n, partnerId: 1n, childId: null, waitsOn: 'sale', waitsFor: 'x' }]),
  wakeRateless: (db) => wakeRateless(db, ['ECB/2026-03-06/USD']),
  listRatesFor: (db) => listRatesFor(db, [{ source: 'ECB', from: 'GBP', to: 'USD', on: '2026-03-06' }]),
  listRateSources: (db) => listRateSources(db, ['ECB']),
  insertRates: (db) =>
    insertRates(db, { code: 'ECB', base: 'EUR' }, [{ day: '2026-03-06', quote: 'USD', rate: '1.0850' }], ID),
  listRates: (db) => listRates(db, { source: 'ECB', base: 'EUR' }, { day: '2026-03-06', quote: 'USD' }, PAGE),
  wakeSuperseded: (db) => wakeSuperseded(db, [{ eventId: 1n, partnerId: 1n, childId: null }]),
  wakeWaiting: (db) => wakeWaiting(db, [ORIGIN]),
  setAside: (db) => setAside(db, { eventId: 1n, partnerId: 1n, childId: null }, 'x'),
  listPartnersToRate: (db, s) =>
    listPartnersToRate(db, { programId: s.company.programId, partnerId: null, preparedTo: 1n }, 50),
  listLadderStandings: (db, s) => listLadderStandings(db, s.partnerId, NOW.getTime()),
  listPlainVolumes: (db, s) => listPlainVolumes(db, ladderWindow(s), [s.partnerId]),
  listChangedEvents: (db, s) => listChangedEvents(db, ladderWindow(s), [s.partnerId]),
  readLadderVolumes: (db, s) => readLadderVolumes(db, ladderWindow(s), [s.partnerId]),
  listRatedEvents: (db, s) => listRatedEvents(db, s.company.programId, s.partnerId, { from: NOW, until: null }),
  listAgreementAuthors: (db, s) => listAgreementAuthors(db, s.company.programId, s.partnerId),
  insertReRatingEvent: (db, s) => insertReRatingEvent(db, 're-rating/x', s.partnerId, s.company.programId),
  insertReRatingItems: (db, s) =>
    insertReRatingItems(db, ID, [{ partnerId: s.partnerId, currency: 'USD', events: 1, before: 0n, after: 1n }]),
  listDueKeys: (db, s) => listDueKeys(db, s.company.programId, 1, 100),
  readDueName: (db) => readDueName(db, { eventId: 1n, partnerId: 1n, childId: null }),
  listSetAside: (db) => listSetAside(db, { eventId: 1n, partnerId: 1n, childId: null }, PAGE),
  listSetAsideOf: (db, s) => listSetAsideOf(db, s.company.scheduleId, [s.partnerId], PAGE),
  sumSetAside: (db, s) => sumSetAside(db, s.company.scheduleId),
  tryCorrectedAgain: (db) => tryCorrectedAgain(db, [ORIGIN]),
  tryFilteredAgain: (db, s) => tryFilteredAgain(db, { program: s.company.code }),
  insertEvents: (db) => insertEvents(db, [EVENT]),
  insertQuarantined: (db) =>
    insertQuarantined(db, [{ wire: { source: 'large', id: 'x' } as WireEvent, hash: HASH }], ID),
  insertSecret: (db) => insertSecret(db, VAULT, { id: ID, source: 'large', clear: HASH, by: ID }),
  openSecrets: (db) => openSecrets(db, VAULT, 'large'),
  insertEndpointSecret: (db) => insertEndpointSecret(db, VAULT, { endpointId: ID, clear: HASH, by: ID }),
  openEndpointSecrets: (db) => openEndpointSecrets(db, VAULT, ID),
  insertParked: (db) =>
    insertParked(db, [
      {
        programId: 1,
        partner: 'nobody',
        wire: { source: 'large', id: 'x' } as WireEvent,
        hash: HASH,
        currency: 'USD',
        minor: 1n,
        sentBy: ID,
      },
    ]),
  insertEarnings: (db, s) => insertEarnings(db, s.company.programId, 1, [EARNING]),
  readLots: (db, s) =>
    readLots(db, [{ partnerId: s.partnerId, unit: UNIT }], [{ ...LOT, partnerId: s.partnerId, unit: UNIT }]),
  markTold: (db, s) => markTold(db, [{ partnerId: s.partnerId, unit: UNIT, today: '2026-12-15', until: '2027-01-15' }]),
  listExpiring: (db) => listExpiring(db, NOW, 200),
  listUntold: (db) => listUntold(db, NOW, 30, 200),
  listLiabilities: (db) => listLiabilities(db, { unit: UNIT, month: '2027-01-01' }, PAGE),
  insertConversion: (db, s) => insertConversion(db, { ...CONVERSION, partnerId: s.partnerId }),
  listConversions: (db, s) => listConversions(db, { partnerId: s.partnerId }, ID, PAGE),
  insertMovements: (db, s) => insertMovements(db, [{ ...MOVEMENT, partnerId: s.partnerId }]),
  insertCorrectedLines: (db) => insertCorrectedLines(db, { id: ID, kind: 'credit' }, 0),
  addAuditEntry: (db) => addAuditEntry(db, { actorId: null, action: 'test.large', subject: 'payout/7' }),
  listBalances: (db) => listBalances(db, 'cash:'),
  lockAccounts: (db, s) => lockAccounts(db, [{ account: pointsOf(s.partnerId), currency: UNIT }]),
  postJournals: (db) =>
    postJournals(db, [
      accrualPosting({
        batchId: 1n,
        programId: 1,
        currency: 'USD',
        bookedAt: NOW,
        lines: [{ partnerId: 1n, minor: 1n }],
      }),
    ]),
  saveReport: (db) => saveReport(db, DAY, [LINE]),
  listLedgerSide: (db) => listLedgerSide(db, DAY),
  listProviderSide: (db) => listProviderSide(db, DAY, [ID]),
  whyNotSubmit: (db, s) => whyNotSubmit(db, { runId: s.runId, gateway: 'paypal', heldAt: null } as Payout),
  readDecider: (db, s) => readDecider(db, s.runId, ID, HASH),
  insertApproval: (db, s) =>
    insertApproval(db, s.runId, HASH, { by: ID, decision: 'approve', contentHash: '', noteId: null }),
  countApprovals: (db, s) => countApprovals(db, s.runId, HASH),
  updateRun: (db, s) => updateRun(db, s.runId, { contentHash: HASH }),
  insertAlarmFact: (db) => insertAlarmFact(db, { kind: 'provider_silent', subject: 'gateway/7', detail: 'silent' }),
  insertContactChange: (db) =>
    insertContactChange(db, {
      id: ID,
      partnerId: 1n,
      email: 'x@y.test',
      confirmToken: 'token',
      stopToken: 'other',
      hours: 1,
      by: ID,
      signatureId: ID,
    }),
  findOpenContactChange: (db) => findOpenContactChange(db, 'confirm', 'token'),
  insertClaim: (db) => insertClaim(db, { id: ID, grantId: ID, token: 'token', hours: 1, by: null }),
  lockOpenClaim: (db) => lockOpenClaim(db, 'token'),
  insertGrant: (db) =>
    insertGrant(
      db,
      { actorId: ID, role: 'auditor', partnerId: null, expiresAt: NOW },
      { by: null, alone: false, firstSetup: false },
    ),
  insertKey: (db) => insertKey(db, ID, KEY),
  findPartners: (db) => findPartners(db, 'a1'),
  findPayouts: (db) => findPayouts(db, '1001'),
  insertSession: (db) => insertSession(db, { actorId: ID, means: { passkeyId: ID }, token: 'token', userAgent: null }),
  findVisitor: (db) => findVisitor(db, 'token'),
  findCaller: (db) => findCaller(db, formatKey(KEY)),
  insertFirstVersion: (db) => insertFirstVersion(db, 1, { terms: {} as never, effectiveFrom: NOW }, ID),
  insertNextVersion: (db) =>
    insertNextVersion(db, { id: 1 } as Program, 'standard', { terms: {} as never, effectiveFrom: NOW }, ID),
  openCheckAccount: (db) =>
    openCheckAccount(db, VAULT, 1, { accountRef: 'checking', accountNumber: '1', numberNext: 1n, dormancyYears: null }),
  openCheckAccounts: (db) => openCheckAccounts(db, VAULT),
  listRunChecks: (db, s) => listRunChecks(db, VAULT, s.runId),
};
