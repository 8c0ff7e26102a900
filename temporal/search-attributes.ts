import { defineSearchAttributeKey } from '@temporalio/common';

/** The attributes by which operators can search in the Temporal UI. They hold opaque ids, codes and states only. */
export const runKey = defineSearchAttributeKey('PayoutRunId', 'KEYWORD');
export const scheduleKey = defineSearchAttributeKey('PaySchedule', 'KEYWORD');
export const partnerKey = defineSearchAttributeKey('PartnerRef', 'KEYWORD');
export const methodKey = defineSearchAttributeKey('PayoutMethod', 'KEYWORD');
export const gatewayKey = defineSearchAttributeKey('PayoutGateway', 'KEYWORD');
export const payoutStateKey = defineSearchAttributeKey('PayoutState', 'KEYWORD');
export const runStateKey = defineSearchAttributeKey('RunState', 'KEYWORD');
export const batchStateKey = defineSearchAttributeKey('BatchState', 'KEYWORD');
export const dueKey = defineSearchAttributeKey('NextLookAt', 'DATETIME');

/** Name and type of each, as the server needs them at set-up. */
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
