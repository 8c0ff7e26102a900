import { Failure } from '../../domain/errors.ts';
import { answer, refusedAsAWhole, unclear } from '../answers.ts';
import { createCheckBank, type CheckBank, type CheckBankSettings } from '../check-bank/client.ts';
import { followCheck, toLine } from '../check-bank/following.ts';
import type { Deps } from '../deps.ts';
import type { Answer, Gateway, Submission } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { printCheck } from './print.ts';
import { checkReference, freezeCheck, positivePayRow, readCheckAccount, thawCheck } from './request.ts';

export type PrintedCheckSettings = CheckBankSettings & { printDir: string };

const CONFLICT =
  'The bank refused to repeat this check. It may lie printed already: find it, void it at the bank, then say by hand what became of it.';

/** Checks that we print ourselves. The bank hears of one before it exists, and pays no other. */
export function createPrintedCheckGateway(
  { printDir, ...settings }: PrintedCheckSettings,
  { now, fetch }: Deps,
): Gateway {
  const bank = createCheckBank(settings, fetch);

  /** Tells the bank, then prints. Both may be repeated: the bank knows account and number, the printer its file's name. */
  async function issue({ request }: Submission, isRepeat: boolean, signal: AbortSignal): Promise<Answer> {
    const check = thawCheck(request);
    const reply = await bank.file(positivePayRow(check, 'issue'), signal);
    if (reply.kind === 'refused') throw refusedAsAWhole('The bank', `HTTP ${reply.status}`);
    if (reply.kind === 'unclear') return unclear(reply.evidence);
    const [refused] = reply.value.rejected;
    if (refused) return notIssued(refused.reason, isRepeat);
    const reference = checkReference(check.accountNumber, check.number);
    await printCheck(printDir, reference, check).catch((error: unknown) => {
      throw notPrinted(reference, error);
    });
    return answer('sent', 'issued', { reference, evidence: { file: reply.value.fileId } });
  }

  return {
    name: 'printed-check',
    freeze: freezeCheck,
    submit: (submission, _save, signal) => issue(submission, false, signal),
    resolve: (submission, _save, signal) => issue(submission, true, signal),
    async read({ request, submittedAt }, signal) {
      const { accountNumber: account, number, amount } = thawCheck(request);
      const drawn = { account, number, amount, issuedAt: submittedAt ?? now() };
      return followCheck(bank, drawn, { reference: checkReference(account, number), now: now() }, signal);
    },
    async statement(settingsOfPayer, currency, from, to, signal) {
      const { accountNumber } = readCheckAccount(settingsOfPayer);
      const entries = lookedUp('The bank', await bank.entries(accountNumber, [from, to], null, signal));
      const nameOf = (number: bigint | null) => (number === null ? null : checkReference(accountNumber, number));
      return entries
        .filter(({ amount }) => amount.currency === currency)
        .map((entry) => toLine(entry, nameOf(entry.checkNumber)));
    },
  };
}

/** A row that the bank refuses at once never became a check; a refused repeat says nothing about the first. */
const notIssued = (reason: string, isRepeat: boolean): Answer =>
  isRepeat
    ? answer('needs_person', 'row refused', { reason, alarm: CONFLICT })
    : answer('failed', 'row refused', { reason });

const notPrinted = (reference: string, cause: unknown): Failure =>
  new Failure(
    'gateway_not_sent',
    `Check ${reference} could not be written to the print directory. The bank knows of it, but there is no check. It is printed at the next try.`,
    { cause },
  );

/** Voids a check that has not left the house. Throws Failure `gateway_unavailable` where the bank did not confirm it. */
export async function voidCheck(bank: CheckBank, { request }: Submission, signal: AbortSignal): Promise<void> {
  const { rejected } = lookedUp('The bank', await bank.file(positivePayRow(thawCheck(request), 'void'), signal));
  if (rejected.length > 0)
    throw new Failure(
      'gateway_unavailable',
      'The bank refused to void this check. It can still be paid. Stop its payment at the bank.',
    );
}
