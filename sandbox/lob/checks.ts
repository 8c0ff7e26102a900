import { randomBytes } from 'node:crypto';

import { LosslessNumber, stringify } from 'lossless-json';

import type { CheckOutcome, Checks as BankChecks } from '../bank/checks.ts';
import { type Json, textOf } from '../json.ts';
import type { StandIn } from '../site.ts';
import type { CheckRequest } from './request.ts';

const KEY_KEPT_MS = 86_400_000;
const FIRST_NUMBER = 10_000;

export type BankAccount = {
  id: string;
  routingNumber: string;
  accountNumber: string;
  accountType: string;
  signatory: string;
  description: string | null;
  isVerified: boolean;
  isDeleted: boolean;
  createdAt: string;
};

type Stage = 'created' | 'rendered' | 'mailed' | 'delivered' | 'returned_to_sender' | 'failed' | 'deleted';

type Tracking = { name: string; at: string };

export type LobCheck = Omit<CheckRequest, 'number'> & {
  id: string;
  key: string | null;
  number: string;
  account: string;
  stage: Stage;
  outcome: CheckOutcome;
  afterMs: number | null;
  tracking: Tracking[];
  createdAt: string;
  modifiedAt: string;
  dueAt: number | null;
};

/** The stage that follows each stage on its own. */
const NEXT: Partial<Record<Stage, (check: LobCheck) => Stage>> = {
  created: ({ outcome }) => (outcome === 'fail' ? 'failed' : 'rendered'),
  rendered: () => 'mailed',
  mailed: ({ outcome }) => (outcome === 'returned-to-sender' ? 'returned_to_sender' : 'delivered'),
};

const EVENT_OF: Record<Stage, string> = {
  created: 'check.created',
  rendered: 'check.rendered_pdf',
  mailed: 'check.mailed',
  delivered: 'check.delivered',
  returned_to_sender: 'check.returned_to_sender',
  failed: 'check.failed',
  deleted: 'check.deleted',
};

const STATUS_OF: Record<Stage, string> = {
  created: 'processed',
  rendered: 'rendered',
  mailed: 'rendered',
  delivered: 'rendered',
  returned_to_sender: 'rendered',
  failed: 'failed',
  deleted: 'processed',
};

/** Stages that the mail service reports, with the names of Lob's tracking events. */
const TRACKED: Partial<Record<Stage, string>> = {
  mailed: 'Mailed',
  delivered: 'Delivered',
  returned_to_sender: 'Returned to Sender',
};

export const newId = (prefix: string) => `${prefix}_${randomBytes(8).toString('hex')}`;
const payeeOf = ({ to }: Pick<CheckRequest, 'to'>) => textOf(to['name']) ?? textOf(to['company']) ?? '';
const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

export const showAccount = (account: BankAccount) => ({
  id: account.id,
  description: account.description,
  routing_number: account.routingNumber,
  account_number: account.accountNumber,
  account_type: account.accountType,
  signatory: account.signatory,
  bank_name: 'SANDBOX BANK',
  verified: account.isVerified,
  microdeposit_type: 'amounts',
  date_created: account.createdAt,
  date_modified: account.createdAt,
  ...(account.isDeleted && { deleted: true }),
  object: 'bank_account',
});

/** An address as Lob stores it, with its own id even if it came with the check. */
const showAddress = (address: Json, id: string, createdAt: string) => ({
  id,
  description: null,
  company: null,
  phone: null,
  email: null,
  address_line2: null,
  ...address,
  address_country: 'UNITED STATES',
  metadata: {},
  date_created: createdAt,
  date_modified: createdAt,
  object: 'address',
});

/** A check as Lob shows it. */
export const showCheck = (check: LobCheck, account: BankAccount | undefined) => ({
  id: check.id,
  description: check.description,
  metadata: check.metadata,
  check_number: new LosslessNumber(check.number),
  memo: check.memo,
  amount: new LosslessNumber(check.amount),
  message: check.message,
  to: showAddress(check.to, `adr_${check.id.slice(4)}`, check.createdAt),
  from: showAddress(check.from, `adr_${check.id.slice(4).split('').toReversed().join('')}`, check.createdAt),
  bank_account: account && showAccount(account),
  use_type: 'operational',
  mail_type: 'usps_first_class',
  carrier: 'USPS',
  url: `https://lob-assets.example/checks/${check.id}.pdf`,
  thumbnails: [],
  tracking_events: check.tracking.map(({ name, at }, index) => ({
    id: `evnt_${check.id.slice(4)}${index}`,
    type: 'normal',
    name,
    time: at,
    date_created: at,
    date_modified: at,
    object: 'tracking_event',
  })),
  status: STATUS_OF[check.stage],
  ...(check.stage === 'failed' && {
    failure_reason: { failure_reason: 'rendering', remediation: 'Send the check again.', errors: [] },
  }),
  send_date: new Date(check.sendAt ?? Date.parse(check.createdAt)).toISOString(),
  expected_delivery_date: day((check.sendAt ?? Date.parse(check.createdAt)) + 5 * 86_400_000),
  date_created: check.createdAt,
  date_modified: check.modifiedAt,
  ...(check.stage === 'deleted' && { deleted: true }),
  object: 'check',
});

/** Checks on their way from the printer to the mail. The bank is told about each check that is mailed. */
export function openChecks({ books, clock, outcomes, webhooks, stepMs }: StandIn, bank: BankChecks) {
  const checks = books.table<LobCheck>('check');
  const accounts = books.table<BankAccount>('bank_account');
  const byKey = new Map<string, string>();
  const highest = new Map<string, number>();

  function publish(check: LobCheck) {
    const event = {
      id: newId('evt'),
      body: showCheck(check, accounts.get(check.bankAccount)),
      reference_id: check.id,
      event_type: { id: EVENT_OF[check.stage], enabled_for_test: true, resource: 'checks', object: 'event_type' },
      date_created: clock.iso(),
      object: 'event',
    };
    webhooks.publish(stringify(event) ?? '');
  }

  /** Money leaves only at the bank. Lob's own books show which checks are in circulation. */
  const move = (check: LobCheck, kind: 'paid' | 'returned') =>
    books.move({
      key: check.key ?? check.id,
      reference: check.id,
      kind,
      currency: 'USD',
      amount: check.amount,
      at: clock.iso(),
    });

  const notifyBank = (check: LobCheck) =>
    bank.receiveMailed(
      {
        account: check.account,
        number: check.number,
        amount: check.amount,
        currency: 'USD',
        payee: payeeOf(check),
        date: check.createdAt.slice(0, 10),
      },
      check.outcome,
      check.afterMs,
    );

  const schedule = (id: string, dueAt: number | null) => dueAt !== null && clock.at(dueAt, () => step(id, dueAt));

  function enter(check: LobCheck, stage: Stage, dueAt: number | null): LobCheck {
    const name = TRACKED[stage];
    const tracking = name ? [...check.tracking, { name, at: clock.iso() }] : check.tracking;
    const next = checks.change(check.id, { stage, tracking, dueAt, modifiedAt: clock.iso() });
    publish(next);
    if (stage === 'mailed') move(next, 'paid');
    if (stage === 'mailed') notifyBank(next);
    if (stage === 'returned_to_sender') move(next, 'returned');
    return next;
  }

  function step(id: string, when: number) {
    const check = checks.get(id);
    const stage = check && NEXT[check.stage]?.(check);
    if (!check || !stage || check.dueAt !== when) return;
    const earliest = stage === 'rendered' ? (check.sendAt ?? 0) : 0; // the letter waits until its send date
    const dueAt = NEXT[stage] ? Math.max(when + stepMs, earliest) : null;
    enter(check, stage, dueAt);
    schedule(id, dueAt);
  }

  function nextNumber(bankAccount: string): string {
    return String((highest.get(bankAccount) ?? FIRST_NUMBER - 1) + 1);
  }

  function remember(check: LobCheck) {
    if (check.key) byKey.set(check.key, check.id);
    const number = Number(check.number);
    if (number >= FIRST_NUMBER) highest.set(check.bankAccount, Math.max(highest.get(check.bankAccount) ?? 0, number));
  }

  for (const { accountNumber } of accounts.all()) bank.leaveToLob(accountNumber);
  for (const check of checks.all()) {
    remember(check);
    schedule(check.id, check.dueAt);
    if (TRACKED[check.stage]) notifyBank(check); // the bank may have been killed before it was told
  }

  return {
    accounts,
    /** Adds an account. The bank's customer may file its checks, but they are in the mail only when we mail them. */
    addAccount(account: BankAccount): BankAccount {
      bank.leaveToLob(account.accountNumber);
      return accounts.put(account);
    },
    get: checks.get,
    all: checks.all,
    show: (check: LobCheck) => showCheck(check, accounts.get(check.bankAccount)),

    /** The first check with a key, whatever the new body contains. Lob forgets a key after a day. */
    findByKey(key: string): LobCheck | undefined {
      const check = checks.get(byKey.get(key) ?? '');
      return check && clock.now() - Date.parse(check.createdAt) < KEY_KEPT_MS ? check : undefined;
    },

    create(request: CheckRequest, account: BankAccount, key: string | null): LobCheck {
      const rule = outcomes.find([payeeOf(request), request.memo ?? ''], request.amount);
      const dueAt = clock.now() + stepMs;
      const check = checks.put({
        ...request,
        id: newId('chk'),
        key,
        number: request.number ?? nextNumber(account.id),
        account: account.accountNumber,
        stage: 'created',
        outcome: (rule?.outcome as CheckOutcome | undefined) ?? 'clear',
        afterMs: rule?.afterMs ?? null,
        tracking: [],
        createdAt: clock.iso(),
        modifiedAt: clock.iso(),
        dueAt,
      });
      remember(check);
      publish(check);
      schedule(check.id, dueAt);
      return check;
    },

    /** Cancels a check that is not in the mail yet. Undefined if it is too late. */
    cancel(check: LobCheck): LobCheck | undefined {
      const isEarly = check.stage === 'created' || check.stage === 'rendered';
      return isEarly ? enter(check, 'deleted', null) : undefined;
    },
  };
}
