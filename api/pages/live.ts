import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';

import { MINUTE_MS } from '../../domain/durations.ts';
import { html, type Html } from './html.ts';

const LOOK_MS = 1000;
/** A stream ends after this time, and the browser opens a new one, so that nobody listens for longer than their session lasts. */
const STREAM_MS_MAX = 5 * MINUTE_MS;

/**
 * Tells an open page each time that a version changes, and once at the beginning: something may have changed before the stream was open, or
 * between two streams. It says nothing else: the page then reads itself again.
 */
export const tellChanges = (c: Context, readVersion: () => Promise<string>): Response =>
  streamSSE(c, async (stream) => {
    const endsMs = Date.now() + STREAM_MS_MAX;
    for (let seen = ''; !stream.aborted && Date.now() < endsMs; await stream.sleep(LOOK_MS)) {
      const version = await readVersion();
      if (version === seen) continue;
      seen = version;
      await stream.writeSSE({ event: 'changed', data: '1' });
    }
  });

/** The part of a page that reads itself again whenever `changes` tells that something changed. Focus and scroll position stay. */
export const live = ({ path, changes }: { path: string; changes: string }, inside: Html): Html =>
  html`<div hx-sse:connect="${changes}"></div>
    <div
      id="live"
      class="live"
      hx-get="${path}"
      hx-trigger="changed from:body"
      hx-select="#live"
      hx-target="#live"
      hx-swap="outerMorph"
    >
      ${inside}
    </div>`;
