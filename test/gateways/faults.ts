import { GATEWAYS, type GatewayName } from '../../domain/rails.ts';

/**
 * Every fault that a gateway must survive, and how it must end. The contract and the tests of whole runs take their faults from here, so
 * that a new fault is tested for each gateway, unless its row names the gateways where it can happen.
 */
export type FaultCase = {
  /** The sandbox's name of the fault if the sandbox causes it, otherwise our name. */
  fault: string;
  kind: FaultKind;
  /** A description of the fault for readers of the documentation. */
  what: string;
  /** How the payment must end. */
  ends: string;
  gateways: readonly GatewayName[];
};

/** The place where a fault strikes decides which test causes it. */
type FaultKind =
  /** A call that may have been processed; nobody can know at once. */
  | 'unclear'
  /** A call that was certainly not processed. */
  | 'not_processed'
  /** A response that is slow. */
  | 'late'
  /** A look-up with a wrong response or none. */
  | 'look_up'
  /** A refusal of our account. */
  | 'refusal'
  /** The statement is wrong. */
  | 'report'
  /** A webhook on its way to us. */
  | 'webhook'
  /** Something that only time or a person can cause. */
  | 'story';

const WITH_WEBHOOKS: readonly GatewayName[] = ['wise', 'paypal', 'lob'];
const PAID_ONCE = 'found by its key and paid once';
const NOTHING_LOST = 'same result as without the fault';

export const FAULT_CASES: readonly FaultCase[] = [
  { fault: 'commit-then-drop', kind: 'unclear', what: 'the provider pays, then the connection drops', ends: PAID_ONCE },
  { fault: 'commit-then-hang', kind: 'unclear', what: 'the provider pays and never responds', ends: PAID_ONCE },
  {
    fault: 'commit-then-cut-body',
    kind: 'unclear',
    what: 'the provider pays, and half of its response arrives',
    ends: PAID_ONCE,
  },
  {
    fault: 'commit-then-502',
    kind: 'unclear',
    what: 'the provider pays, and a proxy responds in HTML',
    ends: PAID_ONCE,
  },
  { fault: '500-before-commit', kind: 'unclear', what: 'the provider fails before it pays', ends: PAID_ONCE },
  {
    fault: 'drop-before-commit',
    kind: 'unclear',
    what: 'the connection drops before the provider pays',
    ends: PAID_ONCE,
  },
  {
    fault: '429',
    kind: 'not_processed',
    what: 'the provider asks us to slow down',
    ends: 'sent again after the requested time, paid once',
  },
  {
    fault: 'token-expired',
    kind: 'not_processed',
    what: 'our token expires in the middle of a run',
    ends: 'renewed once if possible, otherwise like a refused key; paid once',
  },
  { fault: 'slow', kind: 'late', what: 'the provider is slow to start', ends: 'paid once' },
  {
    fault: 'commit-then-wait',
    kind: 'late',
    what: 'the provider pays, and its webhooks arrive before its response',
    ends: 'paid once',
  },
  {
    fault: '500-on-look-up',
    kind: 'look_up',
    what: 'the provider cannot be read',
    ends: 'nothing changes, and it is read again',
  },
  {
    fault: 'empty-page',
    kind: 'look_up',
    what: 'a page of a list is empty',
    ends: 'nothing is concluded, and it is read again',
  },
  {
    fault: 'unknown-word',
    kind: 'look_up',
    what: 'the provider reports an unknown status',
    ends: 'nothing changes, and an alarm is raised',
  },
  {
    fault: '401',
    kind: 'refusal',
    what: 'the provider does not accept our key',
    ends: 'the gateway pauses with one alarm; paid once after it is resumed',
  },
  {
    fault: '403-sca',
    kind: 'refusal',
    what: 'the provider requires approval by a person',
    ends: 'waits for the approval, paid once',
    gateways: ['wise'],
  },
  {
    fault: 'no-funds',
    kind: 'refusal',
    what: 'our balance is too low',
    ends: 'the gateway pauses; paid once after a top-up',
    gateways: ['wise', 'paypal'],
  },
  {
    fault: 'wrong-amount',
    kind: 'report',
    what: 'the statement shows one cent more than was paid',
    ends: 'a break until both agree',
  },
  {
    fault: 'duplicate-webhook',
    kind: 'webhook',
    what: 'an event arrives twice',
    ends: NOTHING_LOST,
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'late-webhook',
    kind: 'webhook',
    what: 'an event arrives after everything is finished',
    ends: NOTHING_LOST,
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'reordered-webhook',
    kind: 'webhook',
    what: 'events arrive in a different order',
    ends: NOTHING_LOST,
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'forged-webhook',
    kind: 'webhook',
    what: 'a stranger sends events',
    ends: 'refused and not stored',
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'lost-webhook',
    kind: 'webhook',
    what: 'an event never arrives',
    ends: 'found by polling',
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'early-webhook',
    kind: 'webhook',
    what: 'an event arrives before the call that caused it has returned',
    ends: 'stored, and matched when its payment is known',
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'duplicate-id-other-body',
    kind: 'story',
    what: 'the provider has a different payment under our key',
    ends: 'a person must look; not paid again',
  },
  {
    fault: 'worker-killed',
    kind: 'story',
    what: 'the worker dies after sending and before storing the result',
    ends: PAID_ONCE,
  },
  {
    fault: 'late-return',
    kind: 'story',
    what: 'the money comes back after 20 days',
    ends: 'returned, and owed to the partner again',
    gateways: ['wise', 'paypal'],
  },
].map((row) => ({ gateways: GATEWAYS, ...row })) as readonly FaultCase[];

/** The faults of the given kinds that can strike a gateway. */
export const faultsOf = (gateway: GatewayName, ...kinds: readonly FaultKind[]): readonly string[] =>
  FAULT_CASES.filter(({ kind, gateways }) => kinds.includes(kind) && gateways.includes(gateway)).map(
    ({ fault }) => fault,
  );
