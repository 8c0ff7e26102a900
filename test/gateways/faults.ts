import { GATEWAYS, type GatewayName } from '../../domain/rails.ts';

/**
 * Every fault that every gateway must survive, with how it must end. The contract and the tests of whole runs take their faults from
 * here, so that a fault which is added is proved for each gateway, or says why it cannot happen there.
 */
export type FaultCase = {
  /** The sandbox's name for it, where the sandbox makes it happen; else ours. */
  fault: string;
  kind: FaultKind;
  /** What happens, as a reader of the documentation should see it. */
  what: string;
  /** How it must end for the payment. */
  ends: string;
  gateways: readonly GatewayName[];
};

/** Where a fault strikes decides which test makes it. */
type FaultKind =
  /** A call that may have been carried out: nobody can know at once. */
  | 'unclear'
  /** A call that certainly was not carried out. */
  | 'not_processed'
  /** An answer that takes its time. */
  | 'late'
  /** A look-up that is answered wrongly or not at all. */
  | 'look_up'
  /** A refusal of our account. */
  | 'refusal'
  /** The statement is wrong. */
  | 'report'
  /** News on their way to us. */
  | 'webhook'
  /** Something that only time or a person brings about. */
  | 'story';

const WITH_WEBHOOKS: readonly GatewayName[] = ['wise', 'paypal', 'lob'];
const PAID_ONCE = 'found by its key, paid once';
const NOTHING_LOST = 'the same state as without it';

export const FAULT_CASES: readonly FaultCase[] = [
  { fault: 'commit-then-drop', kind: 'unclear', what: 'the provider pays, then the connection drops', ends: PAID_ONCE },
  { fault: 'commit-then-hang', kind: 'unclear', what: 'the provider pays and never answers', ends: PAID_ONCE },
  {
    fault: 'commit-then-cut-body',
    kind: 'unclear',
    what: 'the provider pays; half of its answer arrives',
    ends: PAID_ONCE,
  },
  { fault: 'commit-then-502', kind: 'unclear', what: 'the provider pays; a proxy answers in HTML', ends: PAID_ONCE },
  { fault: '500-before-commit', kind: 'unclear', what: 'the provider breaks before it pays', ends: PAID_ONCE },
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
    ends: 'sent again when it asked, paid once',
  },
  {
    fault: 'token-expired',
    kind: 'not_processed',
    what: 'our token ends in the middle of a run',
    ends: 'renewed once where it can be, else as a refused key; paid once',
  },
  { fault: 'slow', kind: 'late', what: 'the provider takes its time to begin', ends: 'paid once' },
  {
    fault: 'commit-then-wait',
    kind: 'late',
    what: 'the provider pays, its webhooks come, then its answer',
    ends: 'paid once',
  },
  {
    fault: '500-on-look-up',
    kind: 'look_up',
    what: 'the provider cannot be read',
    ends: 'nothing changes, read again',
  },
  {
    fault: 'empty-page',
    kind: 'look_up',
    what: 'a page of what we look for is empty',
    ends: 'nothing is concluded, read again',
  },
  {
    fault: 'unknown-word',
    kind: 'look_up',
    what: 'the provider says a word that nobody knows',
    ends: 'nothing changes, an alarm',
  },
  {
    fault: '401',
    kind: 'refusal',
    what: 'the provider does not know our key',
    ends: 'the gateway pauses with one alarm; paid once after the resume',
  },
  {
    fault: '403-sca',
    kind: 'refusal',
    what: 'the provider wants a person to approve',
    ends: 'waits for one, paid once',
    gateways: ['wise'],
  },
  {
    fault: 'no-funds',
    kind: 'refusal',
    what: 'our balance is too low',
    ends: 'the gateway pauses; paid once when it is filled',
    gateways: ['wise', 'paypal'],
  },
  {
    fault: 'wrong-amount',
    kind: 'report',
    what: 'the statement shows a cent more than was paid',
    ends: 'a break, until both agree',
  },
  {
    fault: 'duplicate-webhook',
    kind: 'webhook',
    what: 'an event comes twice',
    ends: NOTHING_LOST,
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'late-webhook',
    kind: 'webhook',
    what: 'an event comes when all is over',
    ends: NOTHING_LOST,
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'reordered-webhook',
    kind: 'webhook',
    what: 'events come in another order',
    ends: NOTHING_LOST,
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'forged-webhook',
    kind: 'webhook',
    what: 'a stranger sends events',
    ends: 'refused, and not kept',
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'lost-webhook',
    kind: 'webhook',
    what: 'an event never comes',
    ends: 'found by polling',
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'early-webhook',
    kind: 'webhook',
    what: 'an event comes before the call that caused it has returned',
    ends: 'kept, and matched when its payment is known',
    gateways: WITH_WEBHOOKS,
  },
  {
    fault: 'duplicate-id-other-body',
    kind: 'story',
    what: 'the provider has another payment under our key',
    ends: 'a person must look; not paid again',
  },
  { fault: 'worker-killed', kind: 'story', what: 'the worker dies between sending and writing down', ends: PAID_ONCE },
  {
    fault: 'late-return',
    kind: 'story',
    what: 'the money comes back after 20 days',
    ends: 'returned, the partner is owed it again',
    gateways: ['wise', 'paypal'],
  },
].map((row) => ({ gateways: GATEWAYS, ...row })) as readonly FaultCase[];

/** The faults of some kinds that can strike a gateway. */
export const faultsOf = (gateway: GatewayName, ...kinds: readonly FaultKind[]): readonly string[] =>
  FAULT_CASES.filter(({ kind, gateways }) => kinds.includes(kind) && gateways.includes(gateway)).map(
    ({ fault }) => fault,
  );
