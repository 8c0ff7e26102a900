import type { SettingsReading } from '../../commands/payers/set-gateway.ts';
import type { GatewayName } from '../../domain/rails.ts';
import { checkAccountNumber, whyNotPayerAccount } from '../../gateways/accounts.ts';

/** Lets a gateway read the settings that are meant for it. */
export function readSettings(gateway: GatewayName, settings: Readonly<Record<string, unknown>>): SettingsReading {
  const objections = whyNotPayerAccount(gateway, settings);
  return { objections, checkAccountNumber: objections.length > 0 ? null : checkAccountNumber(gateway, settings) };
}
