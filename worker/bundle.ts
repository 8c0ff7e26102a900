import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** Builds the code that runs inside Temporal's sandbox: the workflows, and the parts of the domain that they use. */
export const buildWorkflowBundle = (): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) });

/** `node worker/bundle.ts FILE` writes the bundle into a file, so that workers start without building it. */
if (import.meta.main) {
  const [file] = process.argv.slice(2);
  if (!file) throw new Error('Name the file to write: node worker/bundle.ts FILE. Nothing was built.');
  await writeFile(file, (await buildWorkflowBundle()).code);
}
