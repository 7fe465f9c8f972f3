import type { JsonObject } from '@backstage/types';
import { createMockActionContext } from '@backstage/plugin-scaffolder-node-test-utils';

/** What a test may set besides the input. */
export type TestContextOptions = {
  input: JsonObject;
  workspacePath: string;
  isDryRun?: boolean;
  signal?: AbortSignal;
  secrets?: Record<string, string>;
  /** Kept between two attempts of one task, as the scaffolder does. */
  checkpoints?: Map<string, unknown>;
  templateInfo?: { entityRef: string; baseUrl?: string };
  userRef?: string;
};

/** A context that keeps outputs, log lines and checkpoints; the mock of the test utilities keeps none of them. */
export function createTestContext(options: TestContextOptions) {
  const {
    checkpoints = new Map<string, unknown>(),
    userRef = 'user:default/ines.duarte',
    ...rest
  } = options;
  const outputs: Record<string, unknown> = {};
  const log: string[] = [];
  const mock = createMockActionContext({
    workspacePath: rest.workspacePath,
    task: { id: 'task-1' },
  });
  const write = (message: string) => {
    log.push(message);
  };
  return {
    outputs,
    log,
    context: {
      ...mock,
      ...rest,
      // Typed by each action; the handler under test gives it its meaning.
      input: rest.input as never,
      logger: {
        ...mock.logger,
        info: write,
        warn: write,
        error: write,
        debug: write,
        child: mock.logger.child,
      },
      user: {
        ref: userRef,
        entity: {
          apiVersion: 'backstage.io/v1beta1' as const,
          kind: 'User' as const,
          metadata: { name: userRef.split('/')[1] },
          spec: {
            profile: {
              displayName: 'Inês Duarte',
              email: 'ines@fernhill.example',
            },
          },
        },
      },
      output: (key: string, value: unknown) => {
        outputs[key] = value;
      },
      checkpoint: async (checkpoint: {
        key: string;
        fn: () => unknown;
      }): Promise<never> => {
        if (!checkpoints.has(checkpoint.key)) {
          checkpoints.set(checkpoint.key, await checkpoint.fn());
        }
        return checkpoints.get(checkpoint.key) as never;
      },
    },
  };
}

/** Waits until a condition holds, at most ten seconds. */
export async function eventually(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) {
      throw new Error('It did not happen within ten seconds');
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
