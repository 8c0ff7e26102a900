import type { Destination, PostalAddress } from '../../gateways/gateway.ts';
import type { GatewayName } from '../../domain/rails.ts';

export const ADDRESS: PostalAddress = {
  line1: '1 Main Street',
  city: 'Springfield',
  region: 'IL',
  postalCode: '62701',
  country: 'US',
};

/** Invented payees that the sandbox and every provider's test environment accept. */
export const PAYEES: Record<GatewayName, Destination> = {
  wise: {
    method: 'bank',
    holder: 'Paula Partner',
    currency: 'USD',
    country: 'US',
    details: {
      type: 'aba',
      legalType: 'PRIVATE',
      abartn: '021000021',
      accountNumber: '12345678',
      accountType: 'CHECKING',
      'address.country': 'US',
      'address.city': 'Reno',
      'address.state': 'NV',
      'address.postCode': '89501',
      'address.firstLine': '1 Main Street',
    },
  },
  paypal: { method: 'paypal', receiver: 'paula@example.com' },
  lob: { method: 'check', payee: 'Paula Partner', address: ADDRESS },
  'printed-check': { method: 'check', payee: 'Paula Partner', address: ADDRESS },
};
