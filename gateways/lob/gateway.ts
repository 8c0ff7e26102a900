import { Failure } from '../../domain/errors.ts';
import { answer, refusedAsAWhole, unclear, undecidable } from '../answers.ts';
import { createCheckBank, type CheckBankSettings } from '../check-bank/client.ts';
import { createCheckDesk, type StopAnswer } from '../check-bank/desk.ts';
import { isAnswer, tellBank } from '../check-bank/issuing.ts';
import { type CheckProgress, readProgress, writeProgress } from '../check-bank/progress.ts';
import type { Deps } from '../deps.ts';
import type { Answer, Gateway, SaveStep, Submission } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { createLobClient, type LobSettings } from './client.ts';
import { readLobError } from './errors.ts';
import { addBankWord, checkAnswer, failAtBank } from './following.ts';
import { freezeLob, readLobAccount, thawLob } from './request.ts';
import { nameChecks } from './statement.ts';

/** Lob remembers an idempotency key for 24 hours; an hour less keeps clear of two clocks that differ. */
const REPEAT_WINDOW_MS = 23 * 60 * 60_000;

const TOO_LATE =
  'Lob never said whether it took this check, lists none with its key, and after 24 hours the request must not be repeated. Ask Lob. To pay in another way, ask for a stop: once the bank confirms it, nobody can cash the check, whatever Lob did.';

/** Checks that Lob prints and mails. The bank hears of one before Lob does, and only its statement says whether it was cashed. */
export function createLobGateway(settings: LobSettings & CheckBankSettings, { now, fetch }: Deps): Gateway {
  const client = createLobClient(settings, fetch);
  const bank = createCheckBank(settings, fetch);

  /** Goes on from where issuing the check came to: the bank, Lob, and the bank again where Lob refused. */
  async function issue(
    submission: Submission,
    isRepeat: boolean,
    save: SaveStep,
    signal: AbortSignal,
  ): Promise<Answer> {
    let progress = readProgress(submission.step);
    const keep = async (next: CheckProgress): Promise<void> => {
      await save(writeProgress(next), null);
      progress = next;
    };
    if (progress.acknowledgedAt === null) {
      const { check } = thawLob(submission.request);
      const told = await tellBank(bank, check, { isRepeat, now: now(), progress }, signal);
      if (isAnswer(told)) return told;
      await keep(told);
    }
    if (progress.refused === null) {
      if (progress.askedAt !== null) return ask(submission, new Date(progress.askedAt), signal);
      await keep({ ...progress, askedAt: now().toISOString() });
      const first = await post(submission, signal);
      if ('answer' in first) return provedDead(first.answer, submission, signal);
      await keep({ ...progress, refused: first.refused });
    }
    const code = progress.refused ?? '';
    return provedDead(answer('failed', code, { reason: code }), submission, signal);
  }

  /** Lob may have been asked: finds the check, or repeats the request while Lob would recognise it and the bank would pay. */
  async function ask(submission: Submission, askedAt: Date, signal: AbortSignal): Promise<Answer> {
    const found = await find(submission, signal);
    if (found) return provedDead(found, submission, signal);
    const atBank = await addBankWord(answer('unknown', 'never answered'), submission, follow(signal));
    if (atBank.state !== 'unknown') return atBank; // cashed, or dead: it must not be mailed any more
    if (now().getTime() - askedAt.getTime() > REPEAT_WINDOW_MS) return undecidable('never answered', TOO_LATE);
    const repeated = await post(submission, signal);
    // A refused repeat says nothing about the first try.
    return 'answer' in repeated
      ? provedDead(repeated.answer, submission, signal)
      : unclear({ error: repeated.refused });
  }

  /** Asks Lob once; a refusal is about this one call. */
  async function post(submission: Submission, signal: AbortSignal): Promise<{ answer: Answer } | { refused: string }> {
    const reply = await client.createCheck(submission.key, thawLob(submission.request).body, signal);
    if (reply.kind === 'done') return { answer: checkAnswer(reply.value, submission) };
    if (reply.kind === 'unclear') return { answer: unclear(reply.evidence) };
    const { code, errorClass } = readLobError(reply.status, reply.error);
    if (errorClass === 'as_a_whole') throw refusedAsAWhole('Lob', code);
    if (errorClass === 'unclear') return { answer: unclear({ ...reply.evidence, error: code }) };
    return { refused: code };
  }

  const follow = (signal: AbortSignal) => ({ bank, now: now(), signal });

  /** What Lob says has failed is not known to have failed until the bank confirmed that its number is void. */
  async function provedDead(told: Answer, submission: Submission, signal: AbortSignal): Promise<Answer> {
    if (told.state !== 'failed') return told;
    return failAtBank(told, submission, follow(signal)).catch((error: unknown) => {
      if (!(error instanceof Failure) || error.code !== 'gateway_unavailable') throw error;
      return unclear({ error: told.reason, why: 'the bank has not confirmed that the number is void' }, told.reference);
    });
  }

  async function read(submission: Submission, signal: AbortSignal): Promise<Answer> {
    if (!submission.reference) return answer(null, 'no check known');
    const told = checkAnswer(lookedUp('Lob', await client.check(submission.reference, signal)), submission);
    return (told.state === 'failed' ? failAtBank : addBankWord)(told, submission, follow(signal));
  }

  /** The check that carries our key in its metadata. */
  async function find(submission: Submission, signal: AbortSignal): Promise<Answer | null> {
    const { data } = lookedUp('Lob', await client.findChecks(submission.key, signal));
    const check = data.find(({ metadata }) => metadata?.['attempt'] === submission.key);
    return check ? checkAnswer(check, submission) : null;
  }

  const desk = createCheckDesk(bank, {
    checkOf: (request) => thawLob(request).check,
    accountNumberOf: (account) => readLobAccount(account).bankAccount.accountNumber,
  });

  /** The bank first; then nobody needs to be sent what it pays no more. */
  async function stop(submission: Submission, signal: AbortSignal): Promise<StopAnswer> {
    const told = await desk.stop(submission, signal);
    if (told.outcome === 'stopped') await withdraw(submission, signal);
    return told;
  }

  /** Takes a check back before it is mailed. Where Lob is too late, or cannot be asked, a dead check arrives, and no money moves. */
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
    freeze: freezeLob,
    submit: (submission, save, signal) => issue(submission, false, save, signal),
    resolve: (submission, save, signal) =>
      submission.reference ? read(submission, signal) : issue(submission, true, save, signal),
    read,
    async statement(account, currency, from, to, signal) {
      if (currency !== 'USD') return []; // Lob writes no others
      const { bankAccount } = readLobAccount(account);
      const entries = lookedUp('The bank', await bank.entries(bankAccount.accountNumber, [from, to], null, signal));
      return nameChecks(client, entries, from, signal);
    },
    desk: { ...desk, stop },
  };
}
