/**
 * Ids of the checks that are no verifier's: what a proof does by itself, and what kinds add. Verifiers are shown to fail by mutations of the
 * files they read; each of these by a mutation or by a unit test, which proof.test.ts names.
 */
export type CheckId =
  | 'lint'
  | 'render'
  | 'defaults'
  | 'ownership'
  | 'hostile-texts'
  | 'pipeline'
  | 'make-verify'
  | 'service'
  | 'delivery'
  | 'stress'
  | 'paas-process'
  | 'browser'
  | 'untouched'
  | 'repeated'
  | 'effect'
  | 'only-new'
  | 'same-output'
  | 'sampled-proof';
