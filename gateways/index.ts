import type { CheckBankSettings } from './check-bank/client.ts';
import type { Deps } from './deps.ts';
import type { Gateways } from './gateway.ts';
import type { LobSettings } from './lob/client.ts';
import { createLobGateway } from './lob/gateway.ts';
import type { PayPalSettings } from './paypal/client.ts';
import { createPayPalGateway } from './paypal/gateway.ts';
import { createPrintedCheckGateway, type PrintedCheckSettings } from './printed-check/gateway.ts';
import type { WiseSettings } from './wise/client.ts';
import { createWiseGateway } from './wise/gateway.ts';

/** The deployment's settings for each provider. A payer's own account with a provider is in its sealed settings. */
export type GatewaySettings = {
  wise: WiseSettings;
  paypal: PayPalSettings;
  lob: LobSettings;
  printedCheck: PrintedCheckSettings;
};

/** Creates every gateway. The bank that clears printed checks also reports which of Lob's checks were cashed. */
export function createGateways(settings: GatewaySettings, deps: Partial<Deps> = {}): Gateways {
  const { now = () => new Date(), fetch = globalThis.fetch } = deps;
  const bank: CheckBankSettings = settings.printedCheck;
  return {
    wise: createWiseGateway(settings.wise, { now, fetch }),
    paypal: createPayPalGateway(settings.paypal, { now, fetch }),
    lob: createLobGateway({ ...settings.lob, ...bank }, { now, fetch }),
    'printed-check': createPrintedCheckGateway(settings.printedCheck, { now, fetch }),
  };
}
