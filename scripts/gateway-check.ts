import { readCommand } from '../command-line.ts';
import { parseDecimal } from '../domain/money.ts';
import { GATEWAYS, type GatewayName } from '../domain/rails.ts';
import { attemptOf, type Bench } from './gateway-check/bench.ts';
import { type Check, CHECKS, type Verdict } from './gateway-check/checks.ts';
import { openBench } from './gateway-check/environment.ts';
import { PAYEES } from './gateway-check/payees.ts';
import { openReceiver, openSandbox } from './gateway-check/sandbox.ts';

/** Checks a gateway against its provider's own test environment, and never contacts a live one: docs/how-to/check-a-gateway.md. */

const USAGE = `npm run gateway-check -- GATEWAY [--sandbox] [--amount 1.23] [--payee FILE] [--delivery FILE]
  GATEWAY     ${GATEWAYS.join(', ')}
  --sandbox   checks against our own sandbox
  --amount    the amount of each payment
  --payee     the details to pay to (JSON)
  --delivery  a webhook that the provider sent (JSON)
docs/how-to/check-a-gateway.md explains the settings.`;

const { values, positionals } = readCommand(USAGE, {
  sandbox: { type: 'boolean', default: false },
  amount: { type: 'string', default: '1.23' },
  payee: { type: 'string' },
  delivery: { type: 'string' },
});

const isGateway = (name: string | undefined): name is GatewayName => GATEWAYS.some((gateway) => gateway === name);

function stop(sentence: string): never {
  console.error(`${sentence}. Nobody was contacted.`);
  process.exit(2);
}

type Opened = { bench: Bench; where: string; close: () => Promise<void> };

/** Opens our own stand-in, and receives the first webhook that it sends. */
async function openOwn(name: GatewayName): Promise<Opened> {
  const receiver = await openReceiver();
  const opened = await openSandbox({ webhooks: receiver.url, stepMs: 20, clearMs: 20 });
  const { sandbox, settings, accounts } = opened;
  const bench: Bench = {
    name,
    settings,
    account: accounts[name],
    payee: PAYEES[name],
    amount: parseDecimal(values.amount, 'USD'),
    reportsAtOnce: true,
    delivery: null,
  };
  const where = name === 'printed-check' ? sandbox.bank.url : sandbox[name].url;
  if (name !== 'printed-check') await attemptOf(bench).submit();
  const delivery = name === 'printed-check' ? null : await receiver.first(name);
  return {
    bench: { ...bench, delivery },
    where: `our sandbox, ${where}`,
    async close() {
      await opened.close();
      receiver.close();
    },
  };
}

async function openTheirs(name: GatewayName): Promise<Opened> {
  const bench = await openBench(name, { ...values, payee: values.payee, delivery: values.delivery }, process.env);
  if (typeof bench === 'string') stop(bench);
  return { bench, where: 'its test environment', close: async () => undefined };
}

type Line = { check: Check; verdict: Verdict['verdict'] | 'FAILED'; note: string };

const judge = (check: Check, bench: Bench): Promise<Line> =>
  check.run(bench).then(
    ({ verdict, note }) => ({ check, verdict, note }),
    (thrown: unknown) => ({
      check,
      verdict: 'FAILED',
      note: thrown instanceof Error ? thrown.message : String(thrown),
    }),
  );

const NOTE_LENGTH_MAX = 300;

const [name] = positionals;
if (!isGateway(name)) stop(`Name the gateway to check: ${GATEWAYS.join(', ')}`);
const opened = await (values.sandbox ? openOwn(name) : openTheirs(name));
const { bench, where } = opened;
console.log(`given a payment by ${name}, at ${where}`);
const lines: Line[] = [];
for (const check of CHECKS) {
  const line = await judge(check, bench);
  lines.push(line);
  console.log(`  ${line.verdict.padEnd(7)}  ${check.name}`);
  if (line.note) console.log(`           ${line.note.replaceAll(/\s+/g, ' ').slice(0, NOTE_LENGTH_MAX)}`);
}
await opened.close();
const count = (verdict: Line['verdict']) => lines.filter((line) => line.verdict === verdict).length;
console.log(`${count('passed')} passed, ${count('skipped')} skipped, ${count('FAILED')} failed`);
process.exitCode = count('FAILED') > 0 ? 1 : 0;
