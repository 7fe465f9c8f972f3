import type { OnCallApi } from '../api';

/** For tests: an API that answers what it is told to, and fails on everything else, so that nothing is asked for unseen. */
export function onCallApiWith(answers: Partial<OnCallApi>): OnCallApi {
  return new Proxy(answers as OnCallApi, {
    get: (target, name: keyof OnCallApi) =>
      target[name] ??
      (async () => {
        throw new Error(`${name} is not asked for in this test`);
      }),
  });
}
