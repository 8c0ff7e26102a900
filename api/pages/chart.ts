import { scaleBand, scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';

import { html, type Html } from './html.ts';

/** Charts are drawn on the server, as attributes of SVG. The style sheet knows their classes, so the policy for content stays strict. */

const WIDTH = 720;
const HEIGHT = 240;
const EDGE = { top: 16, right: 8, bottom: 26, left: 76 };
const TICKS = 4;
const BAR_MAX = 84;
const LABELS_MAX = 12;

export type Bar = {
  label: string;
  /** For the geometry alone: no amount is read from a chart. */
  value: number;
  /** The second measure, drawn as a line over the bars. */
  line?: number;
};

const round = (value: number): number => Math.round(value * 10) / 10;

/** Bars with an axis, and a line over them if there is a second measure. `finding` says in a sentence what the chart shows, and `name` is unique on its page. */
export function barChart(name: string, bars: readonly Bar[], finding: string, say: (value: number) => string): Html {
  const values = bars.flatMap((bar) => [bar.value, bar.line ?? 0]);
  const x = scaleBand<number>()
    .domain(bars.map((_, index) => index))
    .range([EDGE.left, WIDTH - EDGE.right])
    .padding(0.3);
  const width = Math.min(x.bandwidth(), BAR_MAX);
  const y = scaleLinear()
    .domain([Math.min(0, ...values), Math.max(1, ...values)])
    .nice(TICKS)
    .range([HEIGHT - EDGE.bottom, EDGE.top]);
  const middle = (index: number): number => round((x(index) ?? 0) + x.bandwidth() / 2);
  const step = Math.ceil(bars.length / LABELS_MAX);
  const path = line<Bar>(
    (_bar, index) => middle(index),
    (bar) => round(y(bar.line ?? 0)),
  )([...bars]);
  return html`<div class="scroll" role="region" aria-label="${name}" tabindex="0">
    <svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${finding}">
      ${y
        .ticks(TICKS)
        .filter((tick) => Number.isInteger(tick) || !values.every(Number.isInteger))
        .map(
          (tick) =>
            html`<line
                class="grid"
                x1="${EDGE.left}"
                x2="${WIDTH - EDGE.right}"
                y1="${round(y(tick))}"
                y2="${round(y(tick))}"
              />
              <text class="tick" x="${EDGE.left - 8}" y="${round(y(tick)) + 4}" text-anchor="end">${say(tick)}</text>`,
        )}
      ${bars.map(
        ({ value }, index) =>
          html`<rect
            class="bar"
            x="${round(middle(index) - width / 2)}"
            y="${round(Math.min(y(value), y(0)))}"
            width="${round(width)}"
            height="${round(Math.abs(y(value) - y(0)))}"
            rx="2"
          />`,
      )}
      ${bars.some((bar) => bar.line !== undefined) && html`<path class="line" d="${path}" />`}
      ${bars.map(
        ({ label }, index) =>
          index % step === 0 &&
          html`<text class="tick" x="${middle(index)}" y="${HEIGHT - 8}" text-anchor="middle">${label}</text>`,
      )}
    </svg>
  </div>`;
}
