import { answer, refusedAsAWhole, unclear, undecidable } from '../answers.ts';
import { createCheckBank, type CheckBankSettings } from '../check-bank/client.ts';
import type { Deps } from '../deps.ts';
import type { Answer, Gateway, Submission } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { createLobClient, type LobSettings } from './client.ts';
import { readLobError } from './errors.ts';
import { addBankWord, checkAnswer } from './following.ts';
import { freezeLob, readLobAccount, thawLob } from './request.ts';
import { nameChecks } from './statement.ts';

/** Lob remembers an idempotency key for 24 hours; an hour less keeps clear of two clocks that differ. */
const REPEAT_WINDOW_MS = 23 * 60 * 60_000;

const TOO_LATE =
  'Lob never said whether it took this check, lists none with its key, and after 24 hours the request must not be repeated. Ask Lob, then say by hand what became of it.';

/** Checks that Lob prints and mails. Whether one was cashed only the bank's statement says. */
export function createLobGateway(settings: LobSettings & CheckBankSettings, { now, fetch }: Deps): Gateway {
  const client = createLobClient(settings, fetch);
  const bank = createCheckBank(settings, fetch);

  async function post(submission: Submission, isRepeat: boolean, signal: AbortSignal): Promise<Answer> {
    const reply = await client.createCheck(submission.key, thawLob(submission.request).body, signal);
    if (reply.kind === 'done') return checkAnswer(reply.value, submission);
    if (reply.kind === 'unclear') return unclear(reply.evidence);
    const { code, errorClass } = readLobError(reply.status, reply.error);
    if (errorClass === 'as_a_whole') throw refusedAsAWhole('Lob', code);
    const evidence = { ...reply.evidence, error: code };
    // A refused repeat says nothing about the first try.
    if (errorClass === 'unclear' || isRepeat) return unclear(evidence);
    return answer('failed', code, { reason: code, evidence });
  }

  async function read(submission: Submission, signal: AbortSignal): Promise<Answer> {
    if (!submission.reference) return answer(null, 'no check known');
    const check = lookedUp('Lob', await client.check(submission.reference, signal));
    return addBankWord(checkAnswer(check, submission), check, submission, { bank, now: now(), signal });
  }

  /** The check that carries our key in its metadata. */
  async function find(submission: Submission, signal: AbortSignal): Promise<Answer | null> {
    const { data } = lookedUp('Lob', await client.findChecks(submission.key, signal));
    const check = data.find(({ metadata }) => metadata?.['attempt'] === submission.key);
    return check ? checkAnswer(check, submission) : null;
  }

  return {
    name: 'lob',
    freeze: freezeLob,
    submit: (submission, _save, signal) => post(submission, false, signal),
    async resolve(submission, _save, signal) {
      if (submission.reference) return read(submission, signal);
      const found = await find(submission, signal);
      if (found) return found;
      const age = now().getTime() - (submission.submittedAt ?? now()).getTime();
      if (age > REPEAT_WINDOW_MS) return undecidable('never answered', TOO_LATE);
      return post(submission, true, signal);
    },
    read,
    async statement(account, currency, from, to, signal) {
      if (currency !== 'USD') return []; // Lob writes no others
      const { bankAccount } = readLobAccount(account);
      const entries = lookedUp('The bank', await bank.entries(bankAccount.accountNumber, [from, to], null, signal));
      return nameChecks(client, entries, from, signal);
    },
  };
}
