import { fileURLToPath } from 'node:url';

import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** Builds what runs inside Temporal's sandbox: the workflows, and the words of the domain that they use. */
export const buildWorkflowBundle = (): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) });
