import { performSigned, readSigning, type Signing } from '../../commands/people/signed.ts';
import type { Visitor } from '../../db/people/sessions.ts';
import type { ApiDeps } from '../http/deps.ts';
import { type Problem, problemOf } from '../http/problem.ts';
import { noticeOf } from './form.ts';
import { type PageContext, readForm, sendPage } from './guard.ts';
import { html, type Html } from './html.ts';
import { type PageContent, sharedPage } from './layout.ts';
import { sayProblem } from './problem-words.ts';
import { say, tell } from './say.ts';
import { readSigned, signatureForm, signingPlace } from './people/signature.ts';

type Answer = Response | Promise<Response>;

/**
 * A form whose action is signed. Its route gets two requests: the first one holds what was typed, and is answered with the question and
 * the button for the passkey; the second one holds the signature too, and does the act. A handler checks what was typed, and then calls
 * `sign` in both cases.
 */
export type SignedForm<Seen, Done> = Signing<Seen, Done> & {
  /** Text that the person typed and that no plain hash may cover. The content covers it with a keyed hash. */
  secret?: Readonly<Record<string, string>>;
  /** The address to which the signature goes. Without it, that of the first request. */
  action?: string;
  /** The question, such as `Confirm this role?`. */
  title: string;
  here?: PageContent['here'];
  /** The frame around the question. Without it, that of the console. */
  frame?: (content: { title: string; main: Html }) => Html;
  /** The consequences, for the person who signs. */
  about: (seen: Seen) => Html;
  button: string;
  /** The address for a person who does not want to. */
  back: string;
  /** The page with the form and what was typed, for an act that was refused. Without it, the question comes back. */
  again?: (notice: Html, problem: Problem) => Html | Promise<Html>;
  /** The answer after the act, outside its transaction. */
  answer: (done: Done) => Answer;
};

/** Titles for people, where those of the API speak of keys. */
const TITLES: Partial<Record<string, 'sign.refused' | 'sign.notAllowed'>> = {
  not_authenticated: 'sign.refused',
  not_allowed: 'sign.notAllowed',
};
/** A form with a file is always the first request: the file does not travel with the signature. */
const UNSIGNED = { credential: '', content: '' };
/** The refusals after which the person can sign the same question again. */
const SIGN_AGAIN = ['changed_since_seen', 'not_authenticated'];

export function defineSigning(deps: ApiDeps) {
  const { db } = deps;

  /** The question, with everything that was typed, and the button for the passkey. */
  async function askAbout<Seen, Done>(
    c: PageContext,
    { actorId }: Visitor,
    form: SignedForm<Seen, Done>,
    notice?: Html,
  ): Promise<Html> {
    const { seen, contentHash, statement } = await readSigning(db, form);
    const hidden = { ...form.typed, ...form.secret, content: contentHash };
    const action = { action: form.action ?? c.req.path, button: form.button, hidden };
    return html`<header class="title"><h1>${form.title}</h1></header>
      ${notice}
      <section class="card">${form.about(seen)}</section>
      <p>${tell('sign.content', { hash: contentHash.slice(0, 12), code: (hash) => html`<code>${hash}</code>` })}</p>
      ${await signatureForm(deps, { actorId, statement }, action)}
      <p><a href="${form.back}">${say('form.notNow')}</a></p>`;
  }

  /** Asks a person to sign, or does what they signed. */
  return async function sign<Seen, Done>(
    c: PageContext,
    visitor: Visitor,
    form: SignedForm<Seen, Done>,
  ): Promise<Response> {
    const send = (main: Html, status?: number) =>
      sendPage(
        c,
        form.frame
          ? form.frame({ title: form.title, main })
          : sharedPage({ title: form.title, here: form.here, main }, visitor),
        status,
      );
    const isFile = c.get('upload') !== undefined;
    const { credential, content } = isFile ? UNSIGNED : await readForm(c, 'credential', 'content');
    const by = { signing: form, actorId: visitor.actorId };
    let done: Done;
    try {
      if (credential === '') return await send(await askAbout(c, visitor, form));
      done = await performSigned(db, signingPlace(deps), by, { contentHash: content, signed: await readSigned(c) });
    } catch (error) {
      const problem = problemOf(error, c.get('requestId'));
      const { status, code } = problem;
      const { title, detail } = sayProblem(problem, c.get('requestId'));
      if (status >= 500 || status === 404) throw error;
      const key = TITLES[code];
      const notice = noticeOf(key === undefined ? title : say(key), detail);
      if (form.again && !SIGN_AGAIN.includes(code)) return send(await form.again(notice, problem), status);
      if (credential === '') throw error;
      return send(await askAbout(c, visitor, form, notice), status);
    }
    return form.answer(done);
  };
}
