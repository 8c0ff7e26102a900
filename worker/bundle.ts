import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** Builds what runs inside Temporal's sandbox: the workflows, and the words of the domain that they use. */
export const buildWorkflowBundle = (): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) });

/** `node worker/bundle.ts FILE`: writes the bundle down, for workers that shall start without building it. */
if (import.meta.main) {
  const [file] = process.argv.slice(2);
  if (!file) throw new Error('say where to: node worker/bundle.ts FILE. Nothing was built.');
  await writeFile(file, (await buildWorkflowBundle()).code);
}
