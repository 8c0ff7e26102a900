import { HOUR_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import { type CheckBankSettings, createCheckBank } from '../check-bank/client.ts';
import { fileAtBank, isReply } from '../check-bank/issuing.ts';
import { type CheckProgress, readProgress, writeProgress } from '../check-bank/progress.ts';
import { createCheckServices } from '../check-bank/services.ts';
import type { Deps } from '../deps.ts';
import type { Gateway, Reply, SaveStep, StopReply, Submission } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { refusedAsAWhole, reply, unclear, undecidable } from '../replies.ts';
import { createLobClient, type LobSettings } from './client.ts';
import { readLobError } from './errors.ts';
import { addBankStatus, checkReply, failAtBank } from './following.ts';
import { freezeLob, readLobAccount, thawLob } from './request.ts';
import { nameChecks } from './statement.ts';

/** Lob remembers an idempotency key for 24 hours. An hour less allows for clocks that differ. */
const REPEAT_WINDOW_MS = 23 * HOUR_MS;

const TOO_LATE =
  'Lob never confirmed this check and lists none with its key. After 24 hours the request must not be repeated. Ask Lob. To pay another way, request a stop first: once the bank confirms it, nobody can cash the check, whatever Lob did.';

/** Checks that Lob prints and mails. Each is filed with the bank before Lob is asked, and only the bank's statement shows whether it was cashed. */
export function createLobGateway(settings: LobSettings & CheckBankSettings, { now, fetch }: Deps): Gateway {
  const client = createLobClient(settings, fetch);
  const bank = createCheckBank(settings, fetch);

  /** Continues where issuing the check stopped: first the bank, then Lob, then the bank again if Lob refused. */
  async function issue(
    submission: Submission,
    isResumed: boolean,
    save: SaveStep,
    signal: AbortSignal,
  ): Promise<Reply> {
    let progress = readProgress(submission.step);
    const keep = async (next: CheckProgress): Promise<void> => {
      await save(writeProgress(next), null);
      progress = next;
    };
    if (progress.acknowledgedAt === null) {
      const { check } = thawLob(submission.request);
      const { submittedAt } = submission;
      const filed = await fileAtBank(bank, check, { isResumed, now: now(), submittedAt, progress, keep }, signal);
      if (isReply(filed)) return filed;
      await keep(filed);
    }
    if (progress.refused === null) {
      if (progress.askedAt !== null) return ask(submission, new Date(progress.askedAt), signal);
      await keep({ ...progress, askedAt: now().toISOString() });
      const first = await post(submission, signal).catch(async (failure: unknown) => {
        if (!signal.aborted) await keep({ ...progress, askedAt: null }); // Lob certainly did not process this call
        throw failure;
      });
      if ('reply' in first) return provenDead(first.reply, submission, signal);
      await keep({ ...progress, refused: first.refused });
    }
    const code = progress.refused ?? '';
    return provenDead(reply('failed', code, { reason: code }), submission, signal);
  }

  /** Lob may have been asked already. Finds the check, or repeats the request while Lob still knows the key and the bank still pays the check. */
  async function ask(submission: Submission, askedAt: Date, signal: AbortSignal): Promise<Reply> {
    const found = await find(submission, signal);
    if (found) return provenDead(found, submission, signal);
    const atBank = await addBankStatus(reply('unknown', 'never answered'), submission, follow(signal));
    if (atBank.state !== 'unknown') return atBank; // cashed or dead: it must no longer be mailed
    if (now().getTime() - askedAt.getTime() > REPEAT_WINDOW_MS) return undecidable('never answered', TOO_LATE);
    const repeated = await post(submission, signal);
    // A refusal of the repeat says nothing about the first try.
    return 'reply' in repeated ? provenDead(repeated.reply, submission, signal) : unclear({ error: repeated.refused });
  }

  /** Asks Lob once. A refusal is about this call only. */
  async function post(submission: Submission, signal: AbortSignal): Promise<{ reply: Reply } | { refused: string }> {
    const result = await client.createCheck(submission.key, thawLob(submission.request).body, signal);
    if (result.kind === 'done') return { reply: checkReply(result.value, submission) };
    if (result.kind === 'unclear') return { reply: unclear(result.evidence) };
    const { code, errorClass } = readLobError(result.status, result.error);
    if (errorClass === 'as_a_whole') throw refusedAsAWhole('Lob', code);
    if (errorClass === 'unclear') return { reply: unclear({ ...result.evidence, error: code }) };
    return { refused: code };
  }

  const follow = (signal: AbortSignal) => ({ bank, now: now(), signal });

  /** When Lob reports a failure, the payment has failed only after the bank confirms that the check's number is void. */
  async function provenDead(lobReply: Reply, submission: Submission, signal: AbortSignal): Promise<Reply> {
    if (lobReply.state !== 'failed') return lobReply;
    return failAtBank(lobReply, submission, follow(signal)).catch((error: unknown) => {
      if (!(error instanceof Failure) || error.code !== 'gateway_unavailable') throw error;
      return unclear(
        { error: lobReply.reason, why: 'the bank has not confirmed that the number is void' },
        lobReply.reference,
      );
    });
  }

  async function read(submission: Submission, signal: AbortSignal): Promise<Reply> {
    if (!submission.reference) return reply(null, 'no check known');
    const lobReply = checkReply(lookedUp('Lob', await client.check(submission.reference, signal)), submission);
    return (lobReply.state === 'failed' ? failAtBank : addBankStatus)(lobReply, submission, follow(signal));
  }

  /** Finds the check that has our key in its metadata. */
  async function find(submission: Submission, signal: AbortSignal): Promise<Reply | null> {
    const { data } = lookedUp('Lob', await client.findChecks(submission.key, signal));
    const check = data.readable.find(({ metadata }) => metadata?.['attempt'] === submission.key);
    return check ? checkReply(check, submission) : null;
  }

  const checkServices = createCheckServices(bank, {
    checkOf: (request) => thawLob(request).check,
    accountNumberOf: (account) => readLobAccount(account).bankAccount.accountNumber,
  });

  /** Stops the check at the bank first. Then Lob need not mail a check that the bank no longer pays. */
  async function stop(submission: Submission, signal: AbortSignal): Promise<StopReply> {
    const stopReply = await checkServices.stop(submission, signal);
    if (stopReply.outcome === 'stopped') await withdraw(submission, signal);
    return stopReply;
  }

  /** Cancels a check before it is mailed. If Lob is too late or cannot be asked, a dead check arrives and no money moves. */
  async function withdraw(submission: Submission, signal: AbortSignal): Promise<void> {
    try {
      const id = submission.reference ?? (await find(submission, signal))?.reference;
      if (id) await client.deleteCheck(id, signal);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  return {
    name: 'lob',
    hasDatesOnly: true,
    freeze: freezeLob,
    submit: (submission, save, signal) => issue(submission, false, save, signal),
    resolve: (submission, save, signal) =>
      submission.reference ? read(submission, signal) : issue(submission, true, save, signal),
    read,
    async statement(account, currency, from, to, signal, onUnreadable) {
      if (currency !== 'USD') return []; // Lob writes checks in USD only
      const { bankAccount } = readLobAccount(account);
      const entries = lookedUp('The bank', await bank.entries(bankAccount.accountNumber, [from, to], null, signal));
      return nameChecks(client, entries, from, { signal, onUnreadable });
    },
    checkServices: { ...checkServices, stop },
  };
}
