import { randomUUID } from 'node:crypto';

type Detail = {
  field?: string;
  value?: string;
  location?: string;
  issue: string;
  description?: string;
  link?: { href: string; rel: string; method: string }[];
};

/** PayPal's body for a refusal. */
export const problem = (name: string, message: string, details: Detail[] = []) => ({
  name,
  message,
  debug_id: randomUUID().replaceAll('-', '').slice(0, 13),
  information_link: `https://developer.paypal.com/docs/api/payments.payouts-batch/#errors-${name}`,
  ...(details.length > 0 && { details }),
  links: [],
});

export const invalid = (field: string, issue: string, description: string) =>
  problem('VALIDATION_ERROR', 'Invalid request - see details', [{ field, location: 'body', issue, description }]);

/** The response to a batch id that was used before. It contains `details[].link`, which PayPal's own specification leaves out. */
export const duplicateBatch = (href: string) =>
  problem('USER_BUSINESS_ERROR', 'User business error.', [
    {
      field: 'SENDER_BATCH_ID',
      location: 'body',
      issue: 'Batch with given sender_batch_id already exists',
      link: [{ href, rel: 'self', method: 'GET' }],
    },
  ]);

const REFUSALS = {
  401: problem('AUTHENTICATION_FAILURE', 'Authentication failed due to invalid authentication credentials.'),
  403: problem('AUTHORIZATION_ERROR', 'Authorization error occurred.'),
  429: problem('RATE_LIMIT_REACHED', 'Too many requests. Blocked due to rate limiting.'),
  500: problem('INTERNAL_ERROR', 'An internal service error occurred.'),
};

export const refuse = (status: keyof typeof REFUSALS) => REFUSALS[status];
