import { pauseGateway, resumeGateway } from '../../../../commands/payers/gateway-pauses.ts';
import { listGatewayPauses } from '../../../../db/payers/gateway-pauses.ts';
import { Failure } from '../../../../domain/errors.ts';
import { GATEWAYS, type GatewayName } from '../../../../domain/rails.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { askReason, table, tag } from '../../components.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, type PageContext, readReason, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { GATEWAY } from '../../words.ts';
import { workTabs } from '../tasks/tabs.ts';

/** The gateway in an address. */
export function gatewayOf(c: PageContext): GatewayName {
  const name = c.req.param('gateway');
  const known = GATEWAYS.find((gateway) => gateway === name);
  if (known) return known;
  throw new Failure('not_found', `There is no gateway ${name}.`);
}

/** The gateways, and whether their providers are asked for anything new. */
export function gatewayPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /gateways', async (c, visitor) => {
    const pauses = await listGatewayPauses(db);
    const mayPause = mayUse(visitor.roles, 'POST /gateways/{gateway}/pause');
    const mayResume = mayUse(visitor.roles, 'POST /gateways/{gateway}/resume');
    const main = html`<header class="title">
        <h1>Gateways</h1>
        <p>
          A paused gateway asks its provider for nothing new. Payments that were asked for before continue to their end.
        </p>
      </header>
      ${workTabs('/gateways', visitor)}
      ${table({
        caption: 'Gateways',
        columns: ['Gateway', 'State', 'Why', 'Since', { label: 'Action', unseen: true }],
        rows: GATEWAYS.map((gateway) => {
          const pause = pauses.find((one) => one.gateway === gateway);
          const path = `/gateways/${gateway}`;
          return {
            head: GATEWAY[gateway],
            cells: pause
              ? [
                  tag({ label: 'paused', tone: 'alert' }),
                  pause.reason,
                  html`<span class="day">${formatInstant(pause.pausedAt, 'UTC')}</span>`,
                  mayResume && html`<form method="post" action="${path}/resume"><button>Resume</button></form>`,
                ]
              : [
                  tag({ label: 'pays', tone: 'good' }),
                  '',
                  '',
                  mayPause &&
                    askReason({
                      id: `pause-${gateway}`,
                      action: `${path}/pause`,
                      button: 'Pause',
                      title: `Pause ${GATEWAY[gateway]}?`,
                      about:
                        'No payout asks this provider until somebody resumes it. Nothing fails because of a pause.',
                    }),
                ],
          };
        }),
        empty: '',
      })}`;
    return sendPage(c, consolePage({ title: 'Gateways', here: '/tasks', main }, visitor));
  });

  pages.on('POST /gateways/{gateway}/pause', async (c, { actorId }) => {
    await pauseGateway(db, gatewayOf(c), await readReason(c), actorId);
    return c.redirect('/gateways', 303);
  });

  pages.on('POST /gateways/{gateway}/resume', async (c, { actorId }) => {
    await resumeGateway(db, gatewayOf(c), actorId);
    return c.redirect('/gateways', 303);
  });
}
