import { parseArgs, type ParseArgsConfig } from 'node:util';

/** Every command explains itself, and says in one sentence what went wrong. */

const FAILED = 1;
const WRONG_USE = 2;

type Options = NonNullable<ParseArgsConfig['options']>;
type Config<Given extends Options> = { options: Given; allowPositionals: true };

/**
 * Reads the flags of a command. `--help` prints its usage and ends the process. A flag that the command does not know ends it with one
 * sentence and the usage, before anything was done.
 */
export function readCommand<const Given extends Options>(usage: string, options: Given) {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs<Config<Given> & { args: string[] }>({ args, options, allowPositionals: true });
  } catch (error) {
    const [sentence = ''] = reasonOf(error).split(/\.(?:\s|$)/, 1);
    return endWrongUse(`${sentence.replaceAll(/\s+/g, ' ')}. Nothing was done.`, usage);
  }
}

/** Ends a command that cannot be done as it was typed. */
export function endWrongUse(sentence: string, usage: string): never {
  console.error(`${sentence}\n\n${usage}`);
  process.exit(WRONG_USE);
}

/** Ends a command that failed, with the reason alone. */
export function endFailed(error: unknown): never {
  console.error(reasonOf(error));
  process.exit(FAILED);
}

/** The reason in words. Node leaves the message empty where it tried more than one address. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error.message || ('code' in error ? String(error.code) : error.name);
}

/**
 * Connects to a server, or throws a sentence that names the variable to correct. The address is shown without the user and the password.
 */
export async function reach<Connection>(
  { what, variable, address }: { what: string; variable: string; address: string },
  connect: () => Promise<Connection>,
): Promise<Connection> {
  try {
    return await connect();
  } catch (error) {
    const place = address.replace(/^(\w+:\/\/).*@/, '$1').replace(/\?.*$/, '');
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const reason = reasonOf(cause).replaceAll(/\s+/g, ' ').replace(/\.$/, '');
    throw new Error(
      `${what} at ${place} cannot be used: ${reason}. Nothing was done. Start it, or correct ${variable}.`,
      { cause: error },
    );
  }
}
