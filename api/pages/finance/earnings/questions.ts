import { z } from 'zod';

import {
  adjustFor,
  answerQuestion,
  askBack,
  closeQuestion,
  type Words as Said,
} from '../../../../commands/earnings/questions.ts';
import { paysPerson } from '../../../../db/earnings/corrections.ts';
import {
  getQuestion,
  listMessages,
  listOpenQuestions,
  listQuestions,
  type Question,
  type QuestionMessage,
  type QuestionFilter,
} from '../../../../db/earnings/questions.ts';
import { listAgreements } from '../../../../db/partners/agreements.ts';
import { getPartner, listPartnersNamed } from '../../../../db/partners/partners.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { QUESTION_STATUSES } from '../../../../domain/earnings/question.ts';
import { parseDecimal } from '../../../../domain/money.ts';
import { csvHeaders, csvStreamOf } from '../../../http/csv.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { AdjustmentBody, SaidBody } from '../../../routes/earnings/question-bodies.ts';
import { nextPage, table, tag } from '../../components.ts';
import { checkFields, type Filled, filters, orObjections } from '../../form.ts';
import { countOf, formatInstant } from '../../format.ts';
import { type definePages, idOf, type PageContext, readValues, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { MESSAGE, QUESTION_STATUS } from '../../question-words.ts';
import { say } from '../../say.ts';
import { lineOf, thread, titleOf } from '../../thread.ts';
import { CSV_COLUMNS, csvRow, formsFor } from './question-forms.ts';

const ROWS_A_PAGE = 50;
const OPEN_MAX = 200;
const PROGRAMS_MAX = 200;
const ZONE = 'UTC';
const HERE = '/questions';
const Query = z.object({
  status: z.enum(QUESTION_STATUSES).optional().catch(undefined),
  partner: z.string().trim().max(64).default('').catch(''),
});
const ACTS = { answer: answerQuestion, back: askBack, close: closeQuestion } as const;

/** The questions of partners: those that wait for us, and each with what was said and the ways to end it. */
export function questionPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  async function readWish(c: PageContext): Promise<{ query: Record<string, string>; filter: QuestionFilter | null }> {
    const { status, partner } = Query.parse(c.req.query());
    const query = { ...(status && { status }), ...(partner && { partner }) };
    if (partner === '') return { query, filter: { status } };
    const [known] = await listPartnersNamed(db, [partner]);
    return { query, filter: known ? { status, partnerId: (await getPartner(db, known.code)).id } : null };
  }

  pages.on('GET /questions', async (c, visitor) => {
    const { query, filter } = await readWish(c);
    const before = z.uuid().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = async (count: number) => (filter ? listQuestions(db, filter, before, count) : []);
    const [open, { items, nextCursor }] = await Promise.all([
      listOpenQuestions(db, OPEN_MAX),
      readPage(ROWS_A_PAGE, read, { key: ({ id }) => id, item: (question) => question }),
    ]);
    const choices = QUESTION_STATUSES.map((value) => ({ value, label: QUESTION_STATUS[value].label }));
    const main = html`<header class="title"><h1>Questions</h1></header>
      ${queue(open)}
      ${filters(
        HERE,
        [
          { name: 'status', label: 'State', choices, noChoice: 'all' },
          { name: 'partner', label: "Partner's code" },
        ],
        { values: query },
      )}
      ${table({
        caption: 'All questions',
        columns: ['Question', 'Partner', 'State', 'Since', 'Asked'],
        rows: items.map((question) => ({
          head: headOf(question),
          cells: [
            question.partner,
            tag(QUESTION_STATUS[question.status]),
            html`<span class="day">${formatInstant(question.statusAt, ZONE)}</span>`,
            html`<span class="day">${formatInstant(question.askedAt, ZONE)}</span>`,
          ],
        })),
        empty:
          Object.keys(query).length > 0
            ? html`No question fits these filters. <a href="${HERE}">Show all</a>.`
            : 'No partner has asked anything yet. They ask in the portal, at the line itself, or by the API.',
        aside: html`<a href="/questions.csv?${new URLSearchParams(query).toString()}">CSV</a>`,
      })}
      ${nextPage(HERE, nextCursor, query)}`;
    return sendPage(c, consolePage({ title: 'Questions', here: HERE, main }, visitor));
  });

  pages.on('GET /questions.csv', async (c) => {
    const { filter } = await readWish(c);
    const file = csvStreamOf(CSV_COLUMNS, rowsOf(filter));
    return c.body(file, 200, { ...csvHeaders('questions.csv'), 'cache-control': 'no-store' });
  });

  async function* rowsOf(filter: QuestionFilter | null): AsyncGenerator<readonly string[]> {
    if (!filter) return;
    for (let before: string | null = null; ;) {
      const page: readonly Question[] = await listQuestions(db, filter, before, ROWS_A_PAGE);
      yield* page.map(csvRow);
      before = page.at(-1)?.id ?? null;
      if (page.length < ROWS_A_PAGE) return;
    }
  }

  pages.on('GET /questions/{id}', async (c, visitor) =>
    sendPage(c, await draw(await getQuestion(db, idOf(c, 'question')), visitor, {})),
  );

  pages.on('POST /questions/{id}/answer', async (c, visitor) => {
    const question = await getQuestion(db, idOf(c, 'question'));
    const { act = '', text = '' } = await readValues(c);
    const { data, objections } = checkFields(SaidBody, { text });
    if (!data) return sendPage(c, await draw(question, visitor, { answer: { values: { text }, objections } }), 400);
    await ACTS[act === 'back' || act === 'close' ? act : 'answer'](db, question.id, wordsOf(visitor, data.text));
    return c.redirect(`${HERE}/${question.id}`, 303);
  });

  pages.on('POST /questions/{id}/adjustment', async (c, visitor) => {
    const question = await getQuestion(db, idOf(c, 'question'));
    const values = await readValues(c);
    const { data, objections } = checkFields(AdjustmentBody, values);
    const done = data
      ? await orObjections(() => {
          const { program, currency, amount, reason, text } = data;
          const adjustment = { program, currency, minor: parseDecimal(amount, currency).minor, reason };
          return adjustFor(db, question.id, adjustment, wordsOf(visitor, text));
        })
      : ({ success: false, objections } as const);
    if (done.success) return c.redirect(`${HERE}/${question.id}`, 303);
    const forms = { adjust: { values, objections: done.objections } };
    return sendPage(c, await draw(question, visitor, forms), 400);
  });

  async function draw(
    question: Question,
    visitor: Visitor,
    forms: { answer?: Filled; adjust?: Filled },
  ): Promise<Html> {
    const [messages, programs, isPayee] = await Promise.all([
      listMessages(db, question.id),
      listAgreements(db, question.partnerId, null, PROGRAMS_MAX),
      paysPerson(db, visitor.actorId, [question.partnerId]),
    ]);
    const payout = question.payoutId && html`<a href="/payouts/${question.payoutId}">Open it</a>`;
    const main = html`<header class="title">
        <p><a href="${HERE}">Questions</a></p>
        <h1>${titleOf(question)} ${tag(QUESTION_STATUS[question.status])}</h1>
        <p>Asked by <strong>${question.partner}</strong>. ${dueOf(question)}</p>
      </header>
      <div class="columns">
        <section>
          ${thread(messages, ZONE, (message) => stepOf(question, message))}
          ${
            question.status === 'open' &&
            formsFor(
              question,
              visitor,
              isPayee,
              forms,
              programs.map(({ program }) => program),
            )
          }
          ${
            question.status === 'adjusting' &&
            html`<p>
              Correction <code>${question.correctionId}</code> waits for another person. When it is confirmed or
              refused, this question follows.
            </p>`
          }
        </section>
        <aside>
          <section class="card">
            <h2>The line</h2>
            ${lineOf(question, payout)}
          </section>
        </aside>
      </div>`;
    return consolePage({ title: titleOf(question), here: HERE, main }, visitor);
  }
}

const wordsOf = ({ actorId }: Visitor, text: string): Said => ({ by: actorId, text, nowMs: Date.now() });

/** A step and its person: `paul answered`. */
const stepOf = ({ partner }: Question, { kind, side, by }: QuestionMessage): string =>
  side === 'bursar' ? MESSAGE[kind] : `${side === 'partner' ? partner : by} ${MESSAGE[kind]}`;

const headOf = (question: Question): Html =>
  html`<a href="${HERE}/${question.id}">${titleOf(question)}</a>
    <small>${say(`questionAbout.${question.about}`)}</small>`;

const queue = (open: readonly Question[]): Html =>
  table({
    caption: 'To answer',
    columns: ['Question', 'Partner', 'Answer by', 'Asked'],
    rows: open.map((question) => ({
      head: html`${headOf(question)} ${question.reopenedAt && tag({ label: 'reopened', tone: 'alert' })}`,
      cells: [
        question.partner,
        question.dueAt && html`<span class="day">${formatInstant(question.dueAt, ZONE)}</span>`,
        html`<span class="day">${formatInstant(question.askedAt, ZONE)}</span>`,
      ],
      ...(question.dueAt && question.dueAt.getTime() < Date.now() ? { tone: 'late' } : {}),
    })),
    empty: 'No question waits for us. Partners ask in the portal.',
    aside: html`<small
      >${open.length === OPEN_MAX ? `the first ${OPEN_MAX}` : countOf(open.length, 'question')}</small
    >`,
  });

function dueOf({ status, dueAt }: Question): string {
  if (dueAt === null) return '';
  const at = formatInstant(dueAt, ZONE);
  return status === 'open' ? `Answer by ${at}.` : `Without a reply it is closed on ${at}.`;
}
