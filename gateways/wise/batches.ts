import { z } from 'zod';

import { formatMoney } from '../../domain/money.ts';
import type { BatchCallbacks, BatchGateway, BatchReply, BatchSubmission, Submission } from '../gateway.ts';
import { type Evidence, lookedUp, type Result } from '../http.ts';
import { Id, readJson, writeJson } from '../json.ts';
import { batchReply, refusedAsAWhole } from '../replies.ts';
import type { WiseClient, WiseGroup } from './client.ts';
import { wantsPerson, wiseErrorClass, wiseErrorCode } from './errors.ts';
import { followTransfer, waitsForMoney } from './following.ts';
import { freezeWiseBatch, thawWiseBatch, type WiseBatchRequest } from './request.ts';
import { draft, ends, readStep } from './sending.ts';

/** A batch group takes at most this many transfers (docs.wise.com, batch groups). */
const ITEMS_MAX = 1000;
/** How many transfers are prepared at the same time. Wise's own limit is far higher. */
const IN_PARALLEL = 4;

/** How far the calls got. Wise accepts no group name twice, so each requested group counts `names` up by one. */
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
  callbacks: BatchCallbacks;
  now: Date;
  signal: AbortSignal;
};

/** No money has been asked for yet. The batch continues from its step. */
const continues = (providerStatus: string, evidence: Evidence = {}): BatchReply =>
  batchReply(null, providerStatus, { evidence });

/** Batch groups are filled with transfers one by one, closed, and funded once as a whole. */
export function createWiseBatches(client: WiseClient, now: () => Date): BatchGateway {
  const open = (batch: BatchSubmission, callbacks: BatchCallbacks, signal: AbortSignal): Sending => ({
    client,
    batch,
    request: thawWiseBatch(batch.request),
    callbacks,
    now: now(),
    signal,
  });
  return {
    itemsMax: ITEMS_MAX,
    freeze: (_key, items) => freezeWiseBatch(items),
    // Each part knows how far an earlier try got, so resolving simply continues.
    submit: (batch, callbacks, signal) => send(open(batch, callbacks, signal)),
    resolve: (batch, callbacks, signal) => send(open(batch, callbacks, signal)),
    read: (batch, callbacks, signal) => readFunding(open(batch, callbacks, signal)),
    name: async () => undefined, // each transfer was named when it was created
  };
}

async function send(sending: Sending): Promise<BatchReply> {
  const { batch, callbacks, signal } = sending;
  let step: Step = StepBody.parse(batch.step === null ? {} : readJson(batch.step));
  if (!step.groupId) {
    const opened = await openGroup(sending, step);
    if ('state' in opened) return opened;
    step = opened;
    await callbacks.save(writeJson(step), step.groupId ?? null);
  }
  const stopped = await fill(sending, step.groupId ?? '');
  if (stopped) return stopped;
  if (signal.aborted) return continues('filling');
  return (await close(sending, step.groupId ?? '')) ?? fund(sending, step);
}

/** If a group was requested without a clear result, it contains no transfer, so another name may be used. The first group stays empty. */
async function openGroup({ client, batch, request, callbacks, signal }: Sending, { names }: Step) {
  const tried: Step = { names: names + 1 };
  await callbacks.save(writeJson(tried), null);
  const name = tried.names === 1 ? batch.key : `${batch.key}/${tried.names}`;
  const result = await client.createGroup(request.profileId, name, request.currency, signal);
  if (result.kind === 'unclear') return continues('no clear answer', result.evidence);
  if (result.kind === 'refused') throw refusal(result);
  return { ...tried, groupId: result.value.id };
}

const refusal = ({ error }: Extract<Result<unknown>, { kind: 'refused' }>) =>
  refusedAsAWhole('Wise', wiseErrorCode(error).reason);

/** Creates every transfer that is still missing, a few at a time. If one payment ends, the others continue. */
async function fill(sending: Sending, groupId: string): Promise<BatchReply | null> {
  const { client, request, callbacks, now, signal } = sending;
  const missing = (await callbacks.items()).filter(({ step }) => readStep(step).transferId === undefined);
  let stopped: BatchReply | null = null;

  async function add(submission: Submission): Promise<void> {
    const outcome = await draft({
      client,
      submission,
      make: (order, abort) => client.addToGroup(request.profileId, groupId, order, abort),
      save: (step, reference) => callbacks.saveItem(submission.key, step, reference),
      now,
      signal,
    });
    if (!ends(outcome)) return;
    const isUnclear = outcome.state === 'unknown' && !outcome.task;
    if (outcome.state !== 'failed' && outcome.state !== 'unknown') stopped = notOurs(groupId, outcome.providerStatus);
    else if (isUnclear) stopped = continues(outcome.providerStatus, outcome.evidence);
    if (outcome.state === 'failed' || isUnclear) await callbacks.recordItem(submission.key, outcome);
    // Only a person can now find out whether it exists. The others do not wait for that.
    if (outcome.task) await callbacks.recordItem(submission.key, { ...outcome, state: 'needs_person' });
  }

  await inParallel(missing, IN_PARALLEL, async (submission) => {
    if (!signal.aborted) await add(submission);
  });
  return stopped;
}

const notOurs = (groupId: string, providerStatus: string): BatchReply =>
  batchReply('needs_person', providerStatus, {
    task: {
      kind: 'outcome_unknown',
      detail: `Wise's batch group ${groupId} contains a transfer that is not what we requested. Nothing was funded. Compare the group with the batch before anybody funds it, and cancel it at Wise before you record that its payouts were not paid.`,
    },
  });

/** Works on a few at a time. After the first failure nothing new starts; the failure is thrown when the calls in progress have ended. */
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

/** Reads the group, then closes it. It may already be closed, and its version changes with each transfer. */
async function close({ client, request, callbacks, signal }: Sending, groupId: string): Promise<BatchReply | null> {
  const group = lookedUp('Wise', await client.group(request.profileId, groupId, signal));
  const ours = new Set((await callbacks.items()).flatMap(({ reference }) => reference ?? []));
  if (group.transferIds.some((id) => !ours.has(id))) return notOurs(groupId, group.status);
  // A transfer of ours that is in another group would not be funded with this one.
  const members = new Set(group.transferIds);
  if ([...ours].some((id) => !members.has(id)))
    return group.status === 'NEW' ? continues('a transfer is not in the group') : notOurs(groupId, group.status);
  if (ours.size === 0) return giveUp({ client, request, signal }, group);
  if (group.status !== 'NEW') return null;
  const result = await client.changeGroup(request.profileId, group, 'COMPLETED', signal);
  if (result.kind === 'done') return null;
  return continues(result.kind === 'refused' ? wiseErrorCode(result.error).code : 'no clear answer', result.evidence);
}

/** Every payment was refused individually, so the group is empty and nobody funds it. */
async function giveUp(
  { client, request, signal }: Pick<Sending, 'client' | 'request' | 'signal'>,
  group: WiseGroup,
): Promise<BatchReply> {
  if (group.status === 'NEW') await client.changeGroup(request.profileId, group, 'CANCELLED', signal);
  return batchReply('refused', 'EMPTY', { reason: 'every payment in it was refused' });
}

async function fund(sending: Sending, step: Step): Promise<BatchReply> {
  const { client, batch, request, callbacks, signal } = sending;
  const groupId = step.groupId ?? '';
  if (request.funding === 'person')
    return needsFunding(groupId, batch, 'DRAFT_ONLY', 'our token is not allowed to fund it', callbacks);
  // Never repeated blindly, because an earlier request may have funded it.
  if (step.isFundingAsked && (await isFunded(sending))) return batchReply('accepted', 'FUNDED');
  await callbacks.save(writeJson({ ...step, isFundingAsked: true }), groupId);
  const result = await client.fundGroup(request.profileId, groupId, signal);
  if (result.kind === 'unclear') return batchReply('unknown', 'no clear answer', { evidence: result.evidence });
  if (result.kind === 'refused') return fundingRefused(sending, groupId, result);
  const { status, errorCode } = result.value;
  if (status === 'COMPLETED') return batchReply('accepted', status, { evidence: result.evidence });
  if (status !== 'REJECTED') return batchReply('unknown', status, { evidence: result.evidence });
  return fundingStands(sending, groupId, errorCode ?? 'unnamed', 200);
}

function fundingRefused(
  sending: Sending,
  groupId: string,
  { status, headers, error, evidence }: Extract<Result<unknown>, { kind: 'refused' }>,
): Promise<BatchReply> | BatchReply {
  const { code } = wiseErrorCode(error);
  if (wantsPerson(status, headers))
    return needsFunding(groupId, sending.batch, 'SCA', 'Wise requires a person to approve it', sending.callbacks);
  // It may no longer be waiting for money, so its transfers are read before we ask again.
  if (wiseErrorClass(status, code) === 'read_first') return batchReply('unknown', code, { evidence });
  return fundingStands(sending, groupId, code, status);
}

/** The group exists but is not funded. If our balance is too low the gateway stops; otherwise a person must look. */
function fundingStands(
  { batch, callbacks }: Sending,
  groupId: string,
  code: string,
  status: number,
): Promise<BatchReply> {
  if (wiseErrorClass(status, code) === 'as_a_whole') throw refusedAsAWhole('Wise', code);
  return needsFunding(groupId, batch, code, `Wise refused the funding (${code})`, callbacks);
}

/** Asks a person to fund the group. If some payments of the batch were refused, the amount is that of the rest. */
async function needsFunding(
  groupId: string,
  { total }: BatchSubmission,
  providerStatus: string,
  why: string,
  callbacks: BatchCallbacks,
): Promise<BatchReply> {
  const items = await callbacks.items();
  const sum = { ...total, minor: items.reduce((minor, { amount }) => minor + amount.minor, 0n) };
  const detail = `Wise's batch group ${groupId} (${items.length} transfers, ${formatMoney(sum)} in total) is not funded: ${why}. Fund it at Wise. Its payouts then continue automatically.`;
  return batchReply('needs_person', providerStatus, {
    reason: providerStatus,
    task: { kind: 'provider_approval', detail },
  });
}

/** Whether the first and the last transfer still wait for money. A group is funded as a whole, so two transfers are enough. */
async function readEnds({ client, callbacks, signal }: Sending): Promise<boolean[]> {
  const references = (await callbacks.items()).flatMap(({ reference }) => reference ?? []);
  const waits: boolean[] = [];
  for (const reference of new Set([references.at(0), references.at(-1)]))
    if (reference) waits.push(waitsForMoney(await followTransfer(client, reference, signal)));
  return waits;
}

const isFunded = async (sending: Sending): Promise<boolean> => (await readEnds(sending)).includes(false);

/** Reads whether the person has funded the group. Once its transfers no longer wait for money, each is followed on its own. */
const readFunding = async (sending: Sending): Promise<BatchReply> =>
  (await readEnds(sending)).includes(true) ? continues('waits for money') : batchReply('accepted', 'FUNDED');
