import type { GatewayName } from '../../domain/rails.ts';
import { PAYEES } from '../../scripts/gateway-check/payees.ts';
import type { Party } from './contract.ts';

/** Every gateway keeps the contract. A new gateway does not compile until it has an entry here. */
export const PARTIES: Record<GatewayName, Party> = {
  wise: {
    name: 'wise',
    site: 'wise',
    calls: [
      '/v1/accounts',
      '/v3/profiles/1001/quotes',
      '/v1/transfer-requirements',
      '/v1/transfers',
      '/v3/profiles/1001/transfers/',
    ],
    arrives: 'sent',
    staysOpen: 'bounce',
    lists: '/payments$',
    renewsToken: false,
    refuse: async (fixture) =>
      fixture.attempt('wise', {
        destination: { method: 'bank', holder: 'Paula', currency: 'USD', country: 'US', details: { type: 'aba' } },
      }),
  },
  paypal: {
    name: 'paypal',
    site: 'paypal',
    calls: ['/v1/payments/payouts'],
    arrives: 'settled',
    staysOpen: 'unclaimed',
    lists: '/v1/payments/payouts/',
    renewsToken: true,
    refuse: async (fixture) =>
      fixture.attempt('paypal', { destination: { method: 'paypal', receiver: 'failed@example.com' } }),
  },
  lob: {
    name: 'lob',
    site: 'lob',
    calls: ['/positive-pay/files', '/v1/checks'],
    sites: { '/positive-pay/files': 'bank' },
    arrives: 'settled',
    staysOpen: 'never-cleared',
    lists: '/v1/checks',
    renewsToken: false,
    refuse: async (fixture) => {
      await fixture.control('lob', 'outcomes', { match: 'Unprintable', outcome: 'fail' });
      return fixture.attempt('lob', { destination: { ...PAYEES.lob, payee: 'Unprintable' } as typeof PAYEES.lob });
    },
  },
  'printed-check': {
    name: 'printed-check',
    site: 'bank',
    calls: ['/positive-pay/files'],
    arrives: 'settled',
    staysOpen: 'never-cleared',
    lists: '/statements/',
    renewsToken: false,
    refuse: async (fixture) => {
      const first = fixture.attempt('printed-check', { amount: '1.00' });
      await first.submit();
      return fixture.attempt('printed-check', { amount: '2.00', checkNumber: first.order.checkNumber ?? 0n });
    },
  },
};
