import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

import { sha256 } from '../../domain/canonical.ts';

/**
 * PostgreSQL refuses to run as root. If we are root, it runs as an account without rights that every system has. That account
 * must be able to reach everything that PostgreSQL reads or writes.
 */
export type Account = { uid: number; gid: number };

const CANDIDATES = ['postgres', 'nobody'];

/** The account for PostgreSQL, or undefined if it can run under our own account. */
export function databaseAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = CANDIDATES.map(findAccount).find((found) => found !== undefined);
  if (account) return account;
  throw new Error(
    'PostgreSQL refuses to run as root, and there is no account "postgres" or "nobody" to run it as. ' +
      'Run this as another user, or create one of them: useradd --system postgres.',
  );
}

function findAccount(name: string): Account | undefined {
  try {
    const ask = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: ask('-u'), gid: ask('-g') };
  } catch {
    return undefined;
  }
}

/** Whether the account can reach a path: every folder above it must allow access. */
function canReach(path: string, { uid, gid }: Account): boolean {
  const parent = dirname(path);
  if (parent === path) return true;
  if (!existsSync(parent)) return canReach(parent, { uid, gid });
  const { mode, uid: owner, gid: group } = statSync(parent);
  const letsThrough = mode & (owner === uid ? 0o100 : group === gid ? 0o010 : 0o001);
  return letsThrough !== 0 && canReach(parent, { uid, gid });
}

/** The path itself if the account can reach it, otherwise a path with the same name in the system's temporary folder. */
export function reachable(path: string, account: Account | undefined): string {
  if (!account || canReach(resolve(path), account)) return resolve(path);
  const key = sha256(resolve(path)).toString('hex').slice(0, 12);
  return join(privateFolder(`bursar-${key}`), basename(path));
}

/** The name can be guessed, so a folder that another user created there is refused. */
function privateFolder(name: string): string {
  const folder = join(tmpdir(), name);
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o755 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.())
    throw new Error(
      `${folder} was created by another user, so it is not used. Remove it, or run this as another user.`,
    );
  return folder;
}

/** A folder that the account owns and that no other account can read. */
export function makeOwned(folder: string, account: Account | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (account) chownSync(folder, account.uid, account.gid);
}

/** Copies the server's programs once to a folder that the account can reach. */
export function reachableCopy(folder: string, account: Account | undefined): string {
  const place = reachable(folder, account);
  if (place === resolve(folder) || existsSync(place)) return place;
  const halfway = `${place}.${process.pid}`;
  cpSync(folder, halfway, { recursive: true, verbatimSymlinks: true });
  renameSync(halfway, place);
  return place;
}

/** Removes the path that `reachable` returned, with the folder that was created around it. */
export function removeReachable(path: string, account: Account | undefined): void {
  const place = reachable(path, account);
  removeFolder(place === resolve(path) ? place : dirname(place));
}

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true });
