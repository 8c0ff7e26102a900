import { defineSearchAttributeKey } from '@temporalio/common';

/** What operators can search for in the Temporal UI. Opaque ids and words only. */
export const runKey = defineSearchAttributeKey('PayoutRunId', 'KEYWORD');
export const scheduleKey = defineSearchAttributeKey('PaySchedule', 'KEYWORD');
export const partnerKey = defineSearchAttributeKey('PartnerRef', 'KEYWORD');
export const methodKey = defineSearchAttributeKey('PayoutMethod', 'KEYWORD');
export const gatewayKey = defineSearchAttributeKey('PayoutGateway', 'KEYWORD');
export const payoutStateKey = defineSearchAttributeKey('PayoutState', 'KEYWORD');
export const runStateKey = defineSearchAttributeKey('RunState', 'KEYWORD');
export const batchStateKey = defineSearchAttributeKey('BatchState', 'KEYWORD');
export const dueKey = defineSearchAttributeKey('NextLookAt', 'DATETIME');

/** As the server wants them at set-up: name and type. */
export const SEARCH_ATTRIBUTES = {
  PayoutRunId: 'Keyword',
  PaySchedule: 'Keyword',
  PartnerRef: 'Keyword',
  PayoutMethod: 'Keyword',
  PayoutGateway: 'Keyword',
  PayoutState: 'Keyword',
  RunState: 'Keyword',
  BatchState: 'Keyword',
  NextLookAt: 'Datetime',
} as const;
