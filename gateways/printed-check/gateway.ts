import { Failure } from '../../domain/errors.ts';
import { answer } from '../answers.ts';
import { createCheckBank, type CheckBankSettings } from '../check-bank/client.ts';
import { createCheckDesk } from '../check-bank/desk.ts';
import { followCheck, toLine } from '../check-bank/following.ts';
import { deadAtBank, isAnswer, tellBank } from '../check-bank/issuing.ts';
import { readProgress, writeProgress } from '../check-bank/progress.ts';
import type { Deps } from '../deps.ts';
import type { Answer, Gateway, SaveStep, Submission } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { printCheck } from './print.ts';
import { checkOnFile, checkReference, freezeCheck, readCheckAccount, thawCheck } from './request.ts';

export type PrintedCheckSettings = CheckBankSettings & { printDir: string };

/** Checks that we print ourselves. The bank hears of one before it exists, and pays no other. */
export function createPrintedCheckGateway(
  { printDir, ...settings }: PrintedCheckSettings,
  { now, fetch }: Deps,
): Gateway {
  const bank = createCheckBank(settings, fetch);

  /** Tells the bank, then prints. Both may be repeated: the bank knows account and number, the printer its file's name. */
  async function issue(
    { request, step }: Submission,
    isRepeat: boolean,
    save: SaveStep,
    signal: AbortSignal,
  ): Promise<Answer> {
    const check = thawCheck(request);
    const reference = checkReference(check.accountNumber, check.number);
    let progress = readProgress(step);
    if (progress.acknowledgedAt === null) {
      const told = await tellBank(bank, checkOnFile(check), { isRepeat, now: now(), progress }, signal);
      if (isAnswer(told)) return told;
      await save(writeProgress(told), reference);
      progress = told;
    } else {
      const dead = await deadAtBank(bank, checkOnFile(check), signal); // stopped meanwhile: it is not printed any more
      if (dead) return { ...dead, reference };
    }
    await printCheck(printDir, reference, check).catch((error: unknown) => {
      throw notPrinted(reference, error);
    });
    return answer('sent', 'issued', { reference, evidence: { file: progress.file } });
  }

  return {
    name: 'printed-check',
    freeze: freezeCheck,
    submit: (submission, save, signal) => issue(submission, false, save, signal),
    resolve: (submission, save, signal) => issue(submission, true, save, signal),
    async read({ request, submittedAt }, signal) {
      const check = checkOnFile(thawCheck(request));
      const reference = checkReference(check.account, check.number);
      return followCheck(bank, { ...check, issuedAt: submittedAt ?? now() }, { reference, now: now() }, signal);
    },
    async statement(settingsOfPayer, currency, from, to, signal) {
      const { accountNumber } = readCheckAccount(settingsOfPayer);
      const entries = lookedUp('The bank', await bank.entries(accountNumber, [from, to], null, signal));
      const nameOf = (number: bigint | null) => (number === null ? null : checkReference(accountNumber, number));
      return entries
        .filter(({ amount }) => amount.currency === currency)
        .map((entry) => toLine(entry, nameOf(entry.checkNumber)));
    },
    desk: createCheckDesk(bank, {
      checkOf: (request) => checkOnFile(thawCheck(request)),
      accountNumberOf: (account) => readCheckAccount(account).accountNumber,
    }),
  };
}

const notPrinted = (reference: string, cause: unknown): Failure =>
  new Failure(
    'gateway_not_sent',
    `Check ${reference} could not be written to the print directory. The bank knows of it, but there is no check. It is printed at the next try.`,
    { cause },
  );
