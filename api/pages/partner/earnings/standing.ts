import type { Database } from '../../../../db/database.ts';
import { listLadderStandings, type PartnerLadder } from '../../../../db/earnings/ladder-standing.ts';
import { listStandings, type PartnerStanding } from '../../../../db/earnings/standing.ts';
import { sayLadder, sayStanding } from '../../../../domain/earnings/standing-words.ts';
import { readersVoice } from '../../format.ts';
import { html, type Html } from '../../html.ts';
import { say } from '../../say.ts';

const WINDOWS_MAX = 50;

export const readStandings = async (db: Database, partnerId: bigint) => {
  const [windows, ladders] = await Promise.all([
    listStandings(db, partnerId, null, WINDOWS_MAX),
    listLadderStandings(db, partnerId, Date.now()),
  ]);
  return { windows: windows.filter(({ isOver }) => !isOver), ladders };
};
type Places = Awaited<ReturnType<typeof readStandings>>;

/** Where a partner stands in each window that is open and on each ladder, with what the next step needs. */
export const standings = ({ windows, ladders }: Places): Html | null =>
  windows.length + ladders.length === 0
    ? null
    : html`<section class="standing">
        <h2>${say('standing.title')}</h2>
        <ul>
          ${ladders.map(ladderCard)} ${windows.map(windowCard)}
        </ul>
      </section>`;

const ladderCard = (place: PartnerLadder): Html =>
  card({
    title:
      place.now === null
        ? say('standing.ladder', { fact: place.ladder.fact })
        : say('standing.ladderNow', { fact: place.ladder.fact, value: place.now }),
    about: place.ladder.program,
    reached: place.standing.volume,
    next: place.agreed === null ? place.standing.next : null,
    words: sayLadder(place, readersVoice()),
  });

const windowCard = (place: PartnerStanding): Html => {
  const { scope, program, volume, next } = place;
  const group = scope.group === '' ? '' : `, ${scope.group}`;
  return card({
    title: `${scope.incentiveId}${group}`,
    about: say('standing.window', { program, window: scope.window, start: scope.start }),
    reached: volume,
    next,
    words: sayStanding(place, readersVoice()),
  });
};

type Card = { title: string; about: string; reached: string; next: { at: string } | null; words: string };

/** The bar is a picture of two numbers. The sentence below it has them exactly. */
const card = ({ title, about, reached, next, words }: Card): Html => {
  const [value, max] = [Number.parseFloat(reached), Number.parseFloat(next?.at ?? '')];
  return html`<li class="card">
    <h3>${title} <small>${about}</small></h3>
    ${max > 0 && html`<progress max="${max}" value="${Math.max(0, value)}" aria-label="${say('standing.bar', { title, reached, goal: next?.at ?? '' })}"></progress>`}
    <p>${words}</p>
  </li>`;
};
