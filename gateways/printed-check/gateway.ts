import { Failure } from '../../domain/errors.ts';
import { type CheckBankSettings, createCheckBank } from '../check-bank/client.ts';
import { followCheck } from '../check-bank/following.ts';
import { deadAtBank, fileAtBank, isReply } from '../check-bank/issuing.ts';
import { type CheckProgress, readProgress, writeProgress } from '../check-bank/progress.ts';
import { createCheckServices } from '../check-bank/services.ts';
import { readableEntries, toLine } from '../check-bank/statement.ts';
import type { Deps } from '../deps.ts';
import type { Gateway, Reply, SaveStep, Submission } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { reply } from '../replies.ts';
import { printCheck } from './print.ts';
import { checkOnFile, checkReference, freezeCheck, readCheckAccount, thawCheck } from './request.ts';

export type PrintedCheckSettings = CheckBankSettings & { printDir: string };

/** Checks that we print ourselves. Each check is filed with the bank before it exists, and the bank pays no others. */
export function createPrintedCheckGateway(
  { printDir, ...settings }: PrintedCheckSettings,
  { now, fetch }: Deps,
): Gateway {
  const bank = createCheckBank(settings, fetch);

  /** Files the check with the bank, then prints it. Both may be repeated: the bank recognizes account and number, the printer the file name. */
  async function issue(
    { request, step, submittedAt }: Submission,
    isResumed: boolean,
    save: SaveStep,
    signal: AbortSignal,
  ): Promise<Reply> {
    const check = thawCheck(request);
    const reference = checkReference(check.accountNumber, check.number);
    let progress = readProgress(step);
    const keep = async (next: CheckProgress): Promise<void> => {
      await save(writeProgress(next), next.acknowledgedAt === null ? null : reference);
      progress = next;
    };
    if (progress.acknowledgedAt === null) {
      const filed = await fileAtBank(
        bank,
        checkOnFile(check),
        { isResumed, now: now(), submittedAt, progress, keep },
        signal,
      );
      if (isReply(filed)) return filed;
      await keep(filed);
    } else {
      const dead = await deadAtBank(bank, checkOnFile(check), signal); // stopped in the meantime: it is no longer printed
      if (dead) return { ...dead, reference };
    }
    await printCheck(printDir, reference, check).catch((error: unknown) => {
      throw notPrinted(reference, error);
    });
    return reply('sent', 'issued', { reference, evidence: { file: progress.file } });
  }

  return {
    name: 'printed-check',
    hasDatesOnly: true,
    freeze: freezeCheck,
    submit: (submission, save, signal) => issue(submission, false, save, signal),
    resolve: (submission, save, signal) => issue(submission, true, save, signal),
    async read({ request, submittedAt, step }, signal) {
      const check = checkOnFile(thawCheck(request));
      const reference = checkReference(check.account, check.number);
      if (readProgress(step).acknowledgedAt === null)
        // it was never printed, so only a void or a stop tells anything
        return (await deadAtBank(bank, check, signal)) ?? reply(null, 'row refused');
      return followCheck(bank, { ...check, issuedAt: submittedAt ?? now() }, { reference, now: now() }, signal);
    },
    async statement(settingsOfPayer, currency, from, to, signal, onUnreadable) {
      const { accountNumber } = readCheckAccount(settingsOfPayer);
      const entries = lookedUp('The bank', await bank.entries(accountNumber, [from, to], null, signal));
      const nameOf = (number: bigint | null) => (number === null ? null : checkReference(accountNumber, number));
      return readableEntries(entries, currency, onUnreadable).map((entry) => toLine(entry, nameOf(entry.checkNumber)));
    },
    checkServices: createCheckServices(bank, {
      checkOf: (request) => checkOnFile(thawCheck(request)),
      accountNumberOf: (account) => readCheckAccount(account).accountNumber,
    }),
  };
}

const notPrinted = (reference: string, cause: unknown): Failure =>
  new Failure(
    'gateway_not_sent',
    `Check ${reference} could not be written to the print directory. It is on file at the bank, but it does not exist yet. It will be printed at the next try.`,
    { cause },
  );
