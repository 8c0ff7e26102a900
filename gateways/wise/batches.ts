import { z } from 'zod';

import { formatDecimal } from '../../domain/money.ts';
import { batchAnswer, refusedAsAWhole } from '../answers.ts';
import type { BatchAnswer, BatchGateway, BatchHands, BatchSubmission, Submission } from '../gateway.ts';
import { type Evidence, lookedUp, type Reply } from '../http.ts';
import { Id, readJson, writeJson } from '../json.ts';
import type { WiseClient, WiseGroup } from './client.ts';
import { wantsPerson, wiseErrorClass, wiseErrorCode } from './errors.ts';
import { followTransfer, waitsForMoney } from './following.ts';
import { freezeWiseBatch, thawWiseBatch, type WiseBatchRequest } from './request.ts';
import { draft, ends, readStep } from './sending.ts';

/** A batch group takes this many transfers (docs.wise.com, batch groups). */
const ITEMS_MAX = 1000;
/** So many payments are made ready at once; Wise's own limit is far above. */
const IN_PARALLEL = 4;

/** How far the calls came. The name is counted up for each group that was asked for, since Wise takes none twice. */
const StepBody = z.object({
  names: z.coerce.number().default(0),
  groupId: Id.optional(),
  isFundingAsked: z.boolean().optional(),
});
type Step = z.infer<typeof StepBody>;

type Sending = {
  client: WiseClient;
  batch: BatchSubmission;
  request: WiseBatchRequest;
  hands: BatchHands;
  now: Date;
  signal: AbortSignal;
};

/** Money was not asked for yet: it goes on from its step. */
const goesOn = (word: string, evidence: Evidence = {}): BatchAnswer => batchAnswer(null, word, { evidence });

/** Batch groups: filled with transfers one by one, closed, and funded once as a whole. */
export function createWiseBatches(client: WiseClient, now: () => Date): BatchGateway {
  const open = (batch: BatchSubmission, hands: BatchHands, signal: AbortSignal): Sending => ({
    client,
    batch,
    request: thawWiseBatch(batch.request),
    hands,
    now: now(),
    signal,
  });
  return {
    itemsMax: ITEMS_MAX,
    freeze: (_key, items) => freezeWiseBatch(items),
    // The parts know by themselves how far an earlier try came, so resolving is going on.
    submit: (batch, hands, signal) => send(open(batch, hands, signal)),
    resolve: (batch, hands, signal) => send(open(batch, hands, signal)),
    read: (batch, hands, signal) => readFunding(open(batch, hands, signal)),
    name: async () => undefined, // each transfer was named as it was made
  };
}

async function send(sending: Sending): Promise<BatchAnswer> {
  const { batch, hands, signal } = sending;
  let step: Step = StepBody.parse(batch.step === null ? {} : readJson(batch.step));
  if (!step.groupId) {
    const opened = await openGroup(sending, step);
    if ('state' in opened) return opened;
    step = opened;
    await hands.save(writeJson(step), step.groupId ?? null);
  }
  const stopped = await fill(sending, step.groupId ?? '');
  if (stopped) return stopped;
  if (signal.aborted) return goesOn('filling');
  return (await close(sending, step.groupId ?? '')) ?? fund(sending, step);
}

/** A group that was asked for without a clear answer holds no transfer, so another name may be used; it stays empty. */
async function openGroup({ client, batch, request, hands, signal }: Sending, { names }: Step) {
  const tried: Step = { names: names + 1 };
  await hands.save(writeJson(tried), null);
  const name = tried.names === 1 ? batch.key : `${batch.key}/${tried.names}`;
  const reply = await client.createGroup(request.profileId, name, request.currency, signal);
  if (reply.kind === 'unclear') return goesOn('no clear answer', reply.evidence);
  if (reply.kind === 'refused') throw refusal(reply);
  return { ...tried, groupId: reply.value.id };
}

const refusal = ({ error }: Extract<Reply<unknown>, { kind: 'refused' }>) =>
  refusedAsAWhole('Wise', wiseErrorCode(error).reason);

/** Makes every transfer that is still missing, some at a time. What ends one payment ends no other. */
async function fill(sending: Sending, groupId: string): Promise<BatchAnswer | null> {
  const { client, request, hands, now, signal } = sending;
  const missing = (await hands.items()).filter(({ step }) => readStep(step).transferId === undefined);
  let stopped: BatchAnswer | null = null;

  async function add(submission: Submission): Promise<void> {
    const outcome = await draft({
      client,
      submission,
      make: (order, abort) => client.addToGroup(request.profileId, groupId, order, abort),
      save: (step, reference) => hands.saveItem(submission.key, step, reference),
      now,
      signal,
    });
    if (!ends(outcome)) return;
    const isUnclear = outcome.state === 'unknown' && !outcome.task;
    if (outcome.state !== 'failed' && outcome.state !== 'unknown') stopped = notOurs(groupId, outcome.word);
    else if (isUnclear) stopped = goesOn(outcome.word, outcome.evidence);
    if (outcome.state === 'failed' || isUnclear) await hands.recordItem(submission.key, outcome);
    // Nobody but a person can say any more whether it exists: the others do not wait for that.
    if (outcome.task) await hands.recordItem(submission.key, { ...outcome, state: 'needs_person' });
  }

  await inParallel(missing, IN_PARALLEL, async (submission) => {
    if (!signal.aborted) await add(submission);
  });
  return stopped;
}

const notOurs = (groupId: string, word: string): BatchAnswer =>
  batchAnswer('needs_person', word, {
    task: {
      kind: 'outcome_unknown',
      detail: `Wise's batch group ${groupId} holds a transfer that is not as we asked for it. Nothing was funded. Compare it with the batch before anybody funds it, and cancel it at Wise before you say that its payouts were not paid.`,
    },
  });

/** Works on some at a time. The first failure lets the others end their call, and is thrown when nothing is under way any more. */
async function inParallel<T>(all: readonly T[], width: number, work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const workNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await work(next).catch((failure: unknown) => {
        waiting.length = 0;
        throw failure;
      });
  };
  const ended = await Promise.allSettled(Array.from({ length: width }, workNext));
  const failure = ended.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}

/** Closes the group, which is read first: it may be closed already, and its version changes with each transfer. */
async function close({ client, request, hands, signal }: Sending, groupId: string): Promise<BatchAnswer | null> {
  const group = lookedUp('Wise', await client.group(request.profileId, groupId, signal));
  const ours = new Set((await hands.items()).flatMap(({ reference }) => reference ?? []));
  if (group.transferIds.some((id) => !ours.has(id))) return notOurs(groupId, group.status);
  // A transfer of ours that is elsewhere would not be funded with it.
  const members = new Set(group.transferIds);
  if ([...ours].some((id) => !members.has(id)))
    return group.status === 'NEW' ? goesOn('a transfer is not in the group') : notOurs(groupId, group.status);
  if (ours.size === 0) return giveUp({ client, request, signal }, group);
  if (group.status !== 'NEW') return null;
  const reply = await client.changeGroup(request.profileId, group, 'COMPLETED', signal);
  if (reply.kind === 'done') return null;
  return goesOn(reply.kind === 'refused' ? wiseErrorCode(reply.error).code : 'no clear answer', reply.evidence);
}

/** Every payment of it was refused by itself, so it is empty and nobody funds it. */
async function giveUp(
  { client, request, signal }: Pick<Sending, 'client' | 'request' | 'signal'>,
  group: WiseGroup,
): Promise<BatchAnswer> {
  if (group.status === 'NEW') await client.changeGroup(request.profileId, group, 'MARKED_FOR_CANCELLATION', signal);
  return batchAnswer('refused', 'EMPTY', { reason: 'every payment of it was refused' });
}

async function fund(sending: Sending, step: Step): Promise<BatchAnswer> {
  const { client, batch, request, hands, signal } = sending;
  const groupId = step.groupId ?? '';
  if (request.funding === 'person')
    return needsFunding(groupId, batch, 'DRAFT_ONLY', 'our token may not fund it', hands);
  // Never repeated blindly: whoever asked before may have funded it.
  if (step.isFundingAsked && (await isFunded(sending))) return batchAnswer('accepted', 'FUNDED');
  await hands.save(writeJson({ ...step, isFundingAsked: true }), groupId);
  const reply = await client.fundGroup(request.profileId, groupId, signal);
  if (reply.kind === 'unclear') return batchAnswer('unknown', 'no clear answer', { evidence: reply.evidence });
  if (reply.kind === 'refused') return fundingRefused(sending, groupId, reply);
  const { status, errorCode } = reply.value;
  if (status === 'COMPLETED') return batchAnswer('accepted', status, { evidence: reply.evidence });
  if (status !== 'REJECTED') return batchAnswer('unknown', status, { evidence: reply.evidence });
  return fundingStands(sending, groupId, errorCode ?? 'unnamed', 200);
}

function fundingRefused(
  sending: Sending,
  groupId: string,
  { status, headers, error, evidence }: Extract<Reply<unknown>, { kind: 'refused' }>,
): Promise<BatchAnswer> | BatchAnswer {
  const { code } = wiseErrorCode(error);
  if (wantsPerson(status, headers))
    return needsFunding(groupId, sending.batch, 'SCA', 'Wise wants a person to approve it', sending.hands);
  // Perhaps it does not wait for money any more: before it is asked again its transfers are read.
  if (wiseErrorClass(status, code) === 'read_first') return batchAnswer('unknown', code, { evidence });
  return fundingStands(sending, groupId, code, status);
}

/** It stands and is not funded: for want of money the gateway stops, else a person looks. */
function fundingStands({ batch, hands }: Sending, groupId: string, code: string, status: number): Promise<BatchAnswer> {
  if (wiseErrorClass(status, code) === 'as_a_whole') throw refusedAsAWhole('Wise', code);
  return needsFunding(groupId, batch, code, `Wise refused to take the money (${code})`, hands);
}

/** What a person is to fund: of a batch some of whose payments were refused, the rest. */
async function needsFunding(
  groupId: string,
  { total }: BatchSubmission,
  word: string,
  why: string,
  hands: BatchHands,
): Promise<BatchAnswer> {
  const items = await hands.items();
  const sum = { ...total, minor: items.reduce((minor, { amount }) => minor + amount.minor, 0n) };
  const detail = `Wise's batch group ${groupId} of ${items.length} transfers, ${formatDecimal(sum)} ${sum.currency} in all, is not funded: ${why}. Fund it at Wise; its payouts then go on by themselves.`;
  return batchAnswer('needs_person', word, { reason: word, task: { kind: 'provider_approval', detail } });
}

/** Of the first and the last transfer, which of them waits for money. A group is funded as a whole, so two tell enough. */
async function readEnds({ client, hands, signal }: Sending): Promise<boolean[]> {
  const references = (await hands.items()).flatMap(({ reference }) => reference ?? []);
  const waits: boolean[] = [];
  for (const reference of new Set([references.at(0), references.at(-1)]))
    if (reference) waits.push(waitsForMoney(await followTransfer(client, reference, signal)));
  return waits;
}

const isFunded = async (sending: Sending): Promise<boolean> => (await readEnds(sending)).includes(false);

/** Has the person funded it? Once its transfers do not wait for money, each tells by itself what became of it. */
const readFunding = async (sending: Sending): Promise<BatchAnswer> =>
  (await readEnds(sending)).includes(true) ? goesOn('waits for its money') : batchAnswer('accepted', 'FUNDED');
