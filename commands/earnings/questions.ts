import type { Database } from '../../db/database.ts';
import { paysPerson } from '../../db/earnings/corrections.ts';
import {
  countOpenQuestions,
  findQuestionOf,
  getQuestion,
  hasEarned,
  hasPayout,
  insertMessage,
  insertQuestion,
  listSilentQuestions,
  lockQuestion,
  type NewMessage,
  type NewQuestion,
  type Question,
  updateQuestion,
} from '../../db/earnings/questions.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import {
  ANSWER_MS,
  OPEN_QUESTIONS_MAX,
  QUESTION_NEXT,
  type QuestionStatus,
  REPLY_MS,
  whyNotReopen,
} from '../../domain/earnings/question.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { openTask } from '../open-task.ts';
import { proposeCorrection, type WishedItem } from './correction-proposals.ts';

const SILENT_PER_SWEEP = 100;

export type Asker = { partnerId: bigint; by: string; nowMs: number };
export type Words = { by: string; text: string; nowMs: number };

const subjectOf = (id: string): string => `question/${id}`;

/** Records a question of a partner, and asks people to answer it by a day. Throws Failure `invalid_input` for a line that is not theirs. */
export const askQuestion = (
  db: Database,
  wish: NewQuestion & { text: string },
  { partnerId, by, nowMs }: Asker,
): Promise<Question> =>
  db.transaction(async (tx) => {
    const { payoutId, source, eventId } = wish;
    if (payoutId !== null && !(await hasPayout(tx, partnerId, payoutId)))
      throw refused('payout', 'is not a payout of yours');
    if (source !== null && eventId !== null && !(await hasEarned(tx, partnerId, { source, eventId })))
      throw refused('event', 'is nothing that you earned by');
    if ((await countOpenQuestions(tx, partnerId)) >= OPEN_QUESTIONS_MAX)
      throw refused('text', `cannot be asked: ${OPEN_QUESTIONS_MAX} questions of yours wait already`);
    const dueAt = new Date(nowMs + ANSWER_MS);
    const id = await insertQuestion(tx, partnerId, wish, { by, dueAt });
    await say(tx, await getQuestion(tx, id), { kind: 'question', side: 'partner', by, text: wish.text }, 'received');
    await askUs(tx, id, wish, dueAt);
    return getQuestion(tx, id);
  });

/** Answers a question. The partner may reopen it once. */
export const answerQuestion = (db: Database, id: string, words: Words): Promise<Question> =>
  asStaff(db, id, words, (tx, question) => move(tx, question, 'answered', { kind: 'answer', ...words }));

/** Closes a question without an answer, with the reason. */
export const closeQuestion = (db: Database, id: string, words: Words): Promise<Question> =>
  asStaff(db, id, words, (tx, question) => move(tx, question, 'closed', { kind: 'close', ...words }));

/** Asks the partner something before the question is answered. */
export const askBack = (db: Database, id: string, words: Words): Promise<Question> =>
  asStaff(db, id, words, (tx, question) => move(tx, question, 'asked_back', { kind: 'ask_back', ...words }));

export type Adjustment = Pick<WishedItem, 'program' | 'currency' | 'minor'> & { reason: string };

/** Proposes a correction because of a question. A second person decides it, as every correction. */
export const adjustFor = (db: Database, id: string, adjustment: Adjustment, words: Words): Promise<Question> =>
  asStaff(db, id, words, async (tx, question) => {
    const { reason, ...item } = adjustment;
    refuseMove(question, 'adjusting');
    const { id: correctionId } = await proposeCorrection(tx, {
      kind: item.minor < 0n ? 'deduction' : 'credit',
      reason,
      reference: `question ${id}`,
      proposedBy: words.by,
      items: [{ ...item, partner: question.partner, availableOn: null, reason: null }],
    });
    await move(tx, { ...question, correctionId }, 'adjusting', { kind: 'adjustment', ...words });
  });

/** The reply of the partner to what we asked back. */
export const replyToQuestion = (db: Database, id: string, words: Words): Promise<Question> =>
  asPartner(db, id, (tx, question) => {
    if (question.status !== 'asked_back') throw notNow(question, 'a reply');
    return move(tx, question, 'open', { kind: 'reply', ...words });
  });

/** Opens a question again, once, because the answer does not settle it. */
export const reopenQuestion = (db: Database, id: string, words: Words): Promise<Question> =>
  asPartner(db, id, (tx, question) => {
    const reason = whyNotReopen(question, words.nowMs);
    if (reason) throw new Failure('status_does_not_allow', `${reason} Nothing was recorded.`);
    return move(tx, question, 'open', { kind: 'reopen', ...words });
  });

/** Follows a correction that people decided: a confirmed one adjusts its question, and a refused one leaves it to us again. */
export async function followCorrection(
  tx: Database,
  correctionId: string,
  decision: 'confirm' | 'refuse',
): Promise<void> {
  const id = await findQuestionOf(tx, correctionId);
  if (id === null) return;
  const question = await lockQuestion(tx, id);
  const said = { by: null, text: null, nowMs: Date.now() } as const;
  if (decision === 'confirm') await move(tx, question, 'adjusted', { kind: 'confirmed', ...said });
  else await move(tx, question, 'open', { kind: 'refused', ...said });
}

/** Closes the questions whose partner did not reply in time. */
export async function closeSilentQuestions(tx: Database): Promise<void> {
  for (const { id } of await listSilentQuestions(tx, SILENT_PER_SWEEP))
    await move(tx, await lockQuestion(tx, id), 'closed', {
      kind: 'silence',
      by: null,
      text: null,
      nowMs: Date.now(),
    });
}

/** Nobody whom the partner pays decides about the partner's question. */
const asStaff = (
  db: Database,
  id: string,
  { by }: Words,
  act: (tx: Database, question: Question) => Promise<void>,
): Promise<Question> =>
  db.transaction(async (tx) => {
    const question = await lockQuestion(tx, id);
    if (await paysPerson(tx, by, [question.partnerId]))
      throw new Failure(
        'approver_is_payee',
        'This question is of a partner through whom you are paid. Nothing was recorded. Ask somebody else to answer it.',
      );
    await act(tx, question);
    return getQuestion(tx, id);
  });

const asPartner = (
  db: Database,
  id: string,
  act: (tx: Database, question: Question) => Promise<void>,
): Promise<Question> =>
  db.transaction(async (tx) => {
    await act(tx, await lockQuestion(tx, id));
    return getQuestion(tx, id);
  });

type Step = Omit<NewMessage, 'side'> & { nowMs: number };

const PARTNERS: readonly string[] = ['question', 'reply', 'reopen'];
const sideOf = ({ kind, by }: Step): NewMessage['side'] =>
  by === null ? 'bursar' : PARTNERS.includes(kind) ? 'partner' : 'staff';

/** Moves a question to a status with what was said, tells the other side, and keeps the task of the people who must answer. */
async function move(tx: Database, question: Question, status: QuestionStatus, step: Step): Promise<void> {
  refuseMove(question, status);
  const { id, correctionId } = question;
  const { kind, by, text, nowMs } = step;
  const waits = { open: ANSWER_MS, asked_back: REPLY_MS };
  const dueAt = status === 'open' || status === 'asked_back' ? new Date(nowMs + waits[status]) : null;
  await updateQuestion(tx, id, { status, dueAt, correctionId, isReopened: kind === 'reopen' });
  await say(tx, question, { kind, side: sideOf(step), by, text }, kind === 'reply' ? null : kind);
  if (status === 'open' && dueAt) await askUs(tx, id, question, dueAt);
  else await closeTask(tx, { kind: 'partner_question', subject: subjectOf(id) }, { actorId: by, resolution: status });
}

function refuseMove(question: Question, status: QuestionStatus): void {
  if (!QUESTION_NEXT[question.status].includes(status)) throw notNow(question, status);
}

const notNow = ({ status }: Question, wished: string): Failure =>
  new Failure(
    'status_does_not_allow',
    `The question is ${status}, so it takes no ${wished} now. Nothing was recorded.`,
  );

/** Writes what was said, with the audit log, and tells the partner unless `news` is null. A notice never holds the words. */
async function say(tx: Database, question: Question, message: NewMessage, news: string | null): Promise<void> {
  const { id, partnerId } = question;
  const messageId = await insertMessage(tx, id, message);
  if (message.by !== null)
    await addAuditEntry(tx, { actorId: message.by, action: `question.${message.kind}`, subject: subjectOf(id) });
  if (news === null) return;
  await addNotification(tx, {
    kind: 'question_changed',
    dedupeKey: `question/${id}/${messageId}`,
    audience: 'partner',
    partnerId,
    body: { question: id, what: news },
  });
}

const askUs = (tx: Database, id: string, { about, payoutId }: Pick<NewQuestion, 'about' | 'payoutId'>, dueAt: Date) =>
  openTask(tx, {
    kind: 'partner_question',
    subject: subjectOf(id),
    payoutId,
    detail: `A partner asks about ${ABOUT[about]}. Answer it, ask back, propose a correction or close it.`,
    evidence: { about },
    deadlineAt: dueAt,
  });

const ABOUT = {
  earning: 'an earning',
  payout: 'a payout',
  statement: 'a row of a statement',
  missing: 'something that they miss',
} as const;
