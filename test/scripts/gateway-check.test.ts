import { describe, expect, it } from 'vitest';

import { openBench } from '../../scripts/gateway-check/environment.ts';

const FILES = { amount: '1.23', payee: undefined, delivery: undefined };
const LOB = { LOB_API_KEY: 'test_key', CHECK_BANK_BASE_URL: 'http://127.0.0.1:1', CHECK_BANK_KEY: 'key' };
const WISE = { WISE_TOKEN: 'token', WISE_PROFILE_ID: '1' };
const PAYPAL = { PAYPAL_CLIENT_ID: 'id', PAYPAL_CLIENT_SECRET: 'secret' };

describe('given production settings', () => {
  it.each([
    { gateway: 'wise' as const, live: 'host', set: { ...WISE, WISE_BASE_URL: 'https://api.wise.com' } },
    { gateway: 'paypal' as const, live: 'host', set: { ...PAYPAL, PAYPAL_BASE_URL: 'https://api-m.paypal.com' } },
    { gateway: 'lob' as const, live: 'key', set: { ...LOB, LOB_API_KEY: 'live_key' } },
    { gateway: 'lob' as const, live: 'bank', set: { ...LOB, CHECK_BANK_BASE_URL: 'https://checks.bank.example' } },
    {
      gateway: 'printed-check' as const,
      live: 'bank',
      set: { ...LOB, CHECK_PRINT_DIR: 'checks', CHECK_BANK_BASE_URL: 'https://checks.bank.example' },
    },
  ])('when the $live of $gateway is live then the check reports it and contacts nobody', async ({ gateway, set }) => {
    expect(await openBench(gateway, FILES, set)).toMatch(/is not a test environment|is a live one/);
  });
});
