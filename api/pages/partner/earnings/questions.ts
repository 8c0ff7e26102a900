import { z } from 'zod';

import {
  askQuestion,
  replyToQuestion,
  reopenQuestion,
  type Words as Said,
} from '../../../../commands/earnings/questions.ts';
import { getQuestion, listMessages, listQuestions, type Question } from '../../../../db/earnings/questions.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import { isQuestionOver, QUESTION_STATUSES, REOPEN_MS, whyNotReopen } from '../../../../domain/earnings/question.ts';
import { localDate } from '../../../../domain/calendar.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { MyNewQuestionBody, questionWishOf, SaidBody } from '../../../routes/earnings/question-bodies.ts';
import { nextPage, table, tag } from '../../components.ts';
import {
  checkFields,
  field,
  type FieldWish,
  type Filled,
  filters,
  foldedForm,
  objectionsOf,
  orObjections,
} from '../../form.ts';
import { formatDay, formatInstant } from '../../format.ts';
import { type PageContext, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { type Own, portalOf, portalPage } from '../../layout.ts';
import { yourQuestion } from '../../question-words.ts';
import { say } from '../../say.ts';
import { lineOf, thread, titleOf } from '../../thread.ts';
import { getOwn } from '../own.ts';
import type { Portal } from '../portal.ts';
import { zoneOf } from '../../zone.ts';

const QUESTIONS_A_PAGE = 50;
const TEXT_CHARS_MAX = 2000;
const Status = z.enum(QUESTION_STATUSES);
const HIDDEN = ['about', 'payout', 'source', 'event'] as const;
const FIELDS = [...HIDDEN, 'line', 'day', 'currency', 'amount', 'text'] as const;
const NONE: Filled = { values: {} };

/** The questions of a partner: to ask about a line where it stands, read the answer, reply, and reopen it once. */
export function ownQuestionPages({ db }: ApiDeps, portal: Portal): void {
  const pathOf = (own: Own, id = '') => `${portalOf(own)}/questions${id && `/${id}`}`;

  portal.on('GET /portal/{partner}/questions', async (c, own, visitor) => {
    const status = Status.safeParse(c.req.query('status')).data;
    const before = z.uuid().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const read = (count: number) => listQuestions(db, { partnerId: own.id, status }, before, count);
    const [zone, questions] = await Promise.all([
      zoneOf(db, own.id),
      readPage(QUESTIONS_A_PAGE, read, { key: ({ id }) => id, item: (question) => question }),
    ]);
    const values: Record<string, string> = status === undefined ? {} : { status };
    const choices = QUESTION_STATUSES.map((value) => ({ value, label: yourQuestion(value).label }));
    const main = html`<header class="title">
        <h1>${say('place.questions')}</h1>
        <p>${say('questions.about')}</p>
      </header>
      <p class="buttons">
        <a class="button primary" href="${pathOf(own, 'new')}?about=missing">${say('questions.missingMore')}</a>
      </p>
      ${filters(pathOf(own), [{ name: 'status', label: say('list.state'), choices, noChoice: say('list.allStates') }], { values })}
      ${table({
        caption: say('questions.caption'),
        columns: [say('questions.question'), say('list.state'), say('questions.since'), say('questions.asked')],
        rows: questions.items.map((question) => ({
          head: html`<a href="${pathOf(own, question.id)}">${titleOf(question)}</a>
            <small>${say(`questionAbout.${question.about}`)}</small>`,
          cells: [
            html`${tag(yourQuestion(question.status))} ${waitOf(question, zone)}`,
            html`<span class="day">${formatInstant(question.statusAt, zone)}</span>`,
            html`<span class="day">${formatInstant(question.askedAt, zone)}</span>`,
          ],
        })),
        empty: status === undefined ? say('questions.none') : say('questions.noneInState'),
      })}
      ${nextPage(pathOf(own), questions.nextCursor, values)}`;
    return sendPage(c, portalPage({ title: say('place.questions'), here: '/questions', main }, visitor, own));
  });

  portal.on('GET /portal/{partner}/questions/new', (c, own, visitor) => {
    const values = Object.fromEntries(
      FIELDS.flatMap((name) => (c.req.query(name) ? [[name, c.req.query(name) ?? '']] : [])),
    );
    const main = newQuestion(own, { values: { about: 'missing', ...values } });
    return sendPage(c, portalPage({ title: say('questions.ask'), here: '/questions', main }, visitor, own));
  });

  portal.on('POST /portal/{partner}/questions', async (c, own, visitor) => {
    const values = await readForm(c, ...FIELDS);
    const { data, objections } = checkFields(MyNewQuestionBody, values);
    const asker = { partnerId: own.id, by: visitor.actorId, nowMs: Date.now() };
    const done = data
      ? await orObjections(() => askQuestion(db, questionWishOf(data), asker))
      : ({ success: false, objections } as const);
    if (done.success) return c.redirect(pathOf(own, done.body.id), 303);
    const main = newQuestion(own, { values, objections: done.objections });
    return sendPage(c, portalPage({ title: say('questions.ask'), here: '/questions', main }, visitor, own), 400);
  });

  portal.on('GET /portal/{partner}/questions/{id}', async (c, own, visitor) => {
    const question = await getOwn(db, own, c, 'question', getQuestion);
    return sendPage(c, portalPage(await questionPage(own, question, NONE), visitor, own));
  });

  portal.on('POST /portal/{partner}/questions/{id}/reply', (c, own, visitor) =>
    speak(c, own, visitor, replyToQuestion),
  );
  portal.on('POST /portal/{partner}/questions/{id}/reopening', (c, own, visitor) =>
    speak(c, own, visitor, reopenQuestion),
  );

  async function speak(
    c: PageContext,
    own: Own,
    visitor: Parameters<typeof portalPage>[1],
    act: (on: typeof db, id: string, words: Said) => Promise<Question>,
  ) {
    const question = await getOwn(db, own, c, 'question', getQuestion);
    const values = await readForm(c, 'text');
    const { data, objections } = checkFields(SaidBody, values);
    if (!data) {
      const page = await questionPage(own, question, { values, objections });
      return sendPage(c, portalPage(page, visitor, own), 400);
    }
    await act(db, question.id, { by: visitor.actorId, text: data.text, nowMs: Date.now() });
    return c.redirect(pathOf(own, question.id), 303);
  }

  async function questionPage(own: Own, question: Question, filled: Filled) {
    const [zone, messages] = await Promise.all([zoneOf(db, own.id), listMessages(db, question.id)]);
    const path = pathOf(own, question.id);
    const payout =
      question.payoutId && html`<a href="${portalOf(own)}/payouts/${question.payoutId}">${say('questions.openIt')}</a>`;
    const main = html`<header class="title">
        <p><a href="${pathOf(own)}">${say('place.questions')}</a></p>
        <h1>${titleOf(question)} ${tag(yourQuestion(question.status))}</h1>
        <p>${yourQuestion(question.status).about} ${dueOf(question, zone)}</p>
      </header>
      <div class="columns">
        <section>
          ${thread(messages, zone, ({ kind }) => say(`said.${kind}`))}
          ${question.status === 'asked_back' && replyForm(`${path}/reply`, filled)}
          ${isQuestionOver(question.status) && reopening(`${path}/reopening`, question, zone, filled)}
        </section>
        <aside>
          <section class="card">
            <h2>${say('questions.line')}</h2>
            ${lineOf(question, payout)}
          </section>
        </aside>
      </div>`;
    return { title: titleOf(question), here: '/questions', main } as const;
  }

  function newQuestion(own: Own, filled: Filled): Html {
    const { values } = filled;
    const isMissing = values['about'] === 'missing';
    const wishes = isMissing ? [...missingFields(), textField()] : [textField()];
    const kept = isMissing ? HIDDEN : FIELDS.filter((name) => name !== 'text');
    const shown = [values['line'], values['day'], [values['amount'], values['currency']].filter(Boolean).join(' ')];
    return html`<header class="title">
        <p><a href="${pathOf(own)}">${say('place.questions')}</a></p>
        <h1>${isMissing ? say('questions.whatMissing') : say('questions.whatKnow')}</h1>
        ${!isMissing && html`<p>${shown.filter(Boolean).join(', ')}</p>`}
      </header>
      ${objectionsOf(
        wishes.map(({ name }) => name),
        filled.objections,
      )}
      <form method="post" action="${pathOf(own)}" class="card fields">
        ${kept.map((name) => values[name] && html`<input type="hidden" name="${name}" value="${values[name]}" />`)}
        ${wishes.map((wish) => field(wish, filled))}
        <p class="buttons">
          <a class="button" href="${pathOf(own)}">${say('form.notNow')}</a>
          <button class="primary">${say('questions.ask')}</button>
        </p>
      </form>`;
  }
}

const textField = (): FieldWish => ({
  name: 'text',
  label: say('questions.question'),
  help: say('questions.text.help'),
  required: true,
  long: true,
  lengthMax: TEXT_CHARS_MAX,
});

const missingFields = (): readonly FieldWish[] => [
  { name: 'line', label: say('questions.name'), help: say('questions.name.help'), lengthMax: 200 },
  { name: 'day', label: say('questions.day'), type: 'date' },
  { name: 'amount', label: say('questions.expected'), help: say('questions.expected.help'), lengthMax: 40 },
  {
    name: 'currency',
    label: say('questions.currency'),
    choices: CURRENCY_CODES.map((code) => ({ value: code, label: code })),
    noChoice: say('questions.noAmount'),
  },
];

/** A link by which a partner asks about the line that it stands at. */
export const askAbout = (own: Own, line: Readonly<Record<string, string>>): Html =>
  html`<a class="ask" href="${portalOf(own)}/questions/new?${new URLSearchParams(line).toString()}"
    >${say('questions.askThis')}</a
  >`;

const replyForm = (action: string, filled: Filled): Html =>
  html`<section class="card notice" data-tone="alert">
    <h2>${say('questions.yourReply')}</h2>
    ${objectionsOf(['text'], filled.objections)}
    <form method="post" action="${action}" class="fields">
      ${field({ ...textField(), label: say('questions.reply'), help: undefined }, filled)}
      <p class="buttons"><button class="primary">${say('questions.sendReply')}</button></p>
    </form>
  </section>`;

function reopening(action: string, question: Question, zone: string, filled: Filled): Html {
  if (whyNotReopen(question, Date.now()))
    return html`<p class="quiet">${question.reopenedAt === null ? say('questions.late') : say('questions.once')}</p>`;
  const until = localDate(question.statusAt.getTime() + REOPEN_MS, zone);
  return foldedForm(
    {
      action,
      title: say('questions.notSettled'),
      about: say('questions.reopen.about', { day: formatDay(until) }),
      button: say('questions.reopen'),
      wishes: [{ ...textField(), label: say('form.reason'), help: say('questions.reopen.help') }],
    },
    filled,
  );
}

/** By when somebody does the next thing. */
function dueOf({ status, dueAt }: Question, zone: string): string {
  if (dueAt === null) return '';
  if (dueAt.getTime() < Date.now()) return say('questions.late.us');
  const day = formatDay(localDate(dueAt.getTime(), zone));
  return status === 'open' ? say('questions.answerBy', { day }) : say('questions.closedOn', { day });
}

const waitOf = (question: Question, zone: string): Html | null => {
  const due = dueOf(question, zone);
  return due === '' ? null : html`<small>${due}</small>`;
};
