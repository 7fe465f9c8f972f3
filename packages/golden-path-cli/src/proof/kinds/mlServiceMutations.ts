import { append, replace } from '../mutations';
import { PYTHON_MUTATIONS, pythonTests } from './serviceMutations';
import type { Mutations } from './types';

const data = /^data\/train\.csv$/;
const model = /^models\/[0-9a-f]+\/model\.json$/;
const served = /^models\/current\.json$/;
const rules = /^observability\/prometheus\/model\/rules\.yaml$/;

/** One value of one row. */
const otherValue = replace(/^(\d+\.\d+),(\d+),/m, '$1,1$2,');

/** Services with a model, in Python. Those of every Python service belong to them, but for the example endpoint they do not have. */
export const ML_SERVICE_MUTATIONS: Mutations = {
  files: [
    ...PYTHON_MUTATIONS.files,
    {
      id: 'yaml-bad-indentation',
      description: 'an indentation that changes the meaning',
      verifier: 'yaml',
      file: /^catalog-info\.yaml$/,
      change: replace('  type: ml-service', '   type: ml-service'),
    },
    {
      id: 'ml-data-tampered',
      description: 'data that is not what its manifest names',
      verifier: 'model-lineage',
      file: data,
      change: otherValue,
    },
    {
      id: 'ml-model-tampered',
      description: 'a model that was changed after it was made',
      verifier: 'model-lineage',
      file: model,
      change: replace(/"intercept": -?/, '"intercept": 1'),
    },
    {
      id: 'ml-digest-forged',
      description: 'a promotion of another digest',
      verifier: 'model-lineage',
      file: served,
      change: replace(/("sha256": ".{12})[0-9a-f]{4}/, '$10000'),
    },
    {
      id: 'ml-model-of-other-data',
      description: 'data that no model was made from',
      verifier: 'model-lineage',
      file: /^data\/manifest\.json$/,
      change: replace('"description": "', '"description": "Other. '),
    },
    {
      id: 'ml-github-untrained',
      description: 'a workflow that builds without training',
      verifier: 'training-pipeline',
      file: /^\.github\/workflows\/delivery\.yml$/,
      change: replace('alert-rules, train]', 'alert-rules]'),
    },
    {
      id: 'ml-github-drift-on-demand',
      description: 'a drift check nobody starts',
      verifier: 'training-pipeline',
      file: /^\.github\/workflows\/drift\.yml$/,
      change: replace(/ {2}schedule:\n.*\n/, ''),
    },
    {
      id: 'ml-gitlab-training-optional',
      description: 'a pipeline that goes on when training fails',
      verifier: 'training-pipeline',
      file: /^\.gitlab\/training\.yml$/,
      change: replace(
        '  stage: test\n',
        '  stage: test\n  allow_failure: true\n',
      ),
    },
    {
      id: 'ml-gitlab-schedule-releases',
      description: 'a release on the schedule of the drift check',
      verifier: 'training-pipeline',
      file: /^\.gitlab-ci\.yml$/,
      change: replace(' && $CI_PIPELINE_SOURCE != "schedule"', ''),
    },
    {
      id: 'ml-jenkins-trains-late',
      description: 'a build of a model that was not trained again',
      verifier: 'training-pipeline',
      file: /^Jenkinsfile$/,
      change: replace("sh 'ci/train.sh'", "echo 'trained'"),
    },
    {
      id: 'ml-jenkins-drift-on-demand',
      description: 'a drift check nobody starts, on Jenkins',
      verifier: 'training-pipeline',
      file: /^\.jenkins\/drift\.Jenkinsfile$/,
      change: replace(/ {4}triggers \{[\s\S]*?\n {4}\}\n/, ''),
    },
    {
      id: 'ml-jenkins-drift-syntax',
      description: 'a drift check that is no Groovy',
      verifier: 'jenkins',
      file: /^\.jenkins\/drift\.Jenkinsfile$/,
      change: replace('script {', 'script ('),
    },
    {
      id: 'ml-drift-unheard',
      description: 'an alert that no drift reaches',
      verifier: 'prometheus',
      file: rules,
      change: replace(
        'feature!="prediction"} > 0.25',
        'feature!="prediction"} > 25',
      ),
    },
    {
      id: 'ml-drift-of-few',
      description: 'drift seen in a handful of predictions',
      verifier: 'prometheus',
      file: rules,
      change: replace('>= 500)', '>= 1)'),
    },
    {
      id: 'ml-drift-of-every-environment',
      description: 'drift of staging taken for that of production',
      verifier: 'prometheus',
      file: rules,
      change: replace(/, environment!="staging"/g, ''),
    },
    {
      id: 'ml-drift-half-counted',
      description: 'drift that only the largest bin is asked about',
      verifier: 'prometheus',
      file: rules,
      change: replace(
        'sum by (service, model, feature) (\n            (',
        'max by (service, model, feature) (\n            (',
      ),
    },
    {
      id: 'ml-refusals-unheard',
      description: 'refused predictions nobody is told of',
      verifier: 'prometheus',
      file: rules,
      change: replace('> 0.05', '> 0.5'),
    },
  ],
  scripts: [
    ...PYTHON_MUTATIONS.scripts.filter(
      ({ id }) => id !== 'python-wrong-answer',
    ),
    {
      id: 'ml-train-data-tampered',
      description: 'training with data that is not what its manifest names',
      expects: /is not what the manifest names/,
      file: data,
      change: otherValue,
      command: ['ci/train.sh'],
    },
    {
      id: 'ml-train-other-parameters',
      description:
        'parameters that make another model than the one that is there',
      expects: /make version \w+, which is not there/,
      file: /^training\/parameters\.json$/,
      change: replace('"seed": 1', '"seed": 2'),
      command: ['ci/train.sh'],
    },
    {
      id: 'ml-train-threshold-missed',
      description: 'a model that is not good enough',
      expects: /the model is refused: its AUC is [\d.]+; 0\.99 is the least/,
      file: /^training\/thresholds\.json$/,
      change: replace(/"lowest_auc": [\d.]+/, '"lowest_auc": 0.99'),
      command: ['ci/train.sh'],
    },
    {
      id: 'ml-train-uneven',
      description: 'a model that is much worse for one slice',
      expects: /lower for \w+ than as a whole/,
      file: /^training\/thresholds\.json$/,
      change: replace(
        /"largest_slice_gap": [\d.]+/,
        '"largest_slice_gap": 0.001',
      ),
      command: ['ci/train.sh'],
    },
    {
      id: 'ml-train-model-edited',
      description: 'a model that was edited',
      expects: /is not what was promoted/,
      file: model,
      change: replace(/"intercept": -?/, '"intercept": 1'),
      command: ['ci/train.sh'],
    },
    {
      id: 'ml-train-served-unknown',
      description: 'a model that is served and was never made',
      expects: /no model was promoted/,
      file: served,
      change: replace(/"version": ".{4}/, '"version": "0000'),
      command: ['ci/train.sh'],
    },
    {
      id: 'ml-train-other-card',
      description: "documentation with another model's card",
      expects: /is not the card of the model that is served/,
      file: /^docs\/model-card\.md$/,
      change: append('\nPerfect.\n'),
      command: ['ci/train.sh'],
    },
    {
      id: 'ml-trains-by-chance',
      description: 'training that comes out differently every time',
      file: /^training\/fit\.py$/,
      change: replace('Random(seed)', 'Random()'),
      ...pythonTests('test_training'),
    },
    {
      id: 'ml-wrong-explanation',
      description: 'an explanation that does not add up to the prediction',
      expects: /\d+ failed/,
      file: /^src\/service\/predictions\.py$/,
      change: replace('round(weight * value, 6)', 'round(weight + value, 6)'),
      command: ['ci/unit-test.sh'],
    },
    {
      id: 'ml-threshold-ignored',
      description: 'a threshold that is not asked',
      file: /^training\/evaluation\.py$/,
      change: replace(
        'metrics["auc"] < thresholds["lowest_auc"]',
        'metrics["auc"] < 0',
      ),
      ...pythonTests('test_training'),
    },
    {
      id: 'ml-comparison-ignored',
      description: 'a model that is worse than the one that is served',
      file: /^training\/evaluation\.py$/,
      change: replace('if served and ', 'if not served and '),
      ...pythonTests('test_training'),
    },
    {
      id: 'ml-leak-ignored',
      description: 'a model judged by what it has seen',
      file: /^training\/data\.py$/,
      change: replace('    if shared:', '    if len(shared) > 9:'),
      ...pythonTests('test_data'),
    },
    {
      id: 'ml-drift-check-blind',
      description: 'a drift check that finds nothing',
      file: /^training\/drift\.py$/,
      change: replace('if drift.psi > LIMIT})', 'if drift.psi > 99})'),
      ...pythonTests('test_drift'),
    },
    {
      id: 'ml-build-without-model',
      description: 'an artifact of a model that is not there',
      expects: /no model was promoted/,
      file: served,
      change: replace(/"version": "[0-9a-f]*"/, '"version": ""'),
      command: ['ci/build.sh'],
    },
  ],
  artifact: [
    {
      id: 'ml-digest-unchecked',
      part: 'wrong',
      description: 'a model served without a look at its digest',
      file: /^lib\/service\/model\.py$/,
      change: replace(
        'if version_of(content) != (version, digest):',
        'if not digest:',
      ),
    },
    {
      id: 'ml-examples-unchecked',
      part: 'wrong',
      description: 'a model that was never asked before it serves',
      file: /^lib\/service\/model\.py$/,
      change: replace(
        'if not answered or not all(',
        'if not answered and not all(',
      ),
    },
    {
      id: 'ml-ready-without-model',
      part: 'wrong',
      description: 'a replica that is ready without its model',
      file: /^lib\/service\/app\.py$/,
      change: replace('lambda: None if model else "model"', 'lambda: None'),
    },
    {
      id: 'ml-drift-constant',
      part: 'asked',
      description: 'counts that never move',
      file: /^lib\/service\/prediction_metrics\.py$/,
      change: replace('name, str(index)).inc()', 'name, "0").inc()'),
    },
    {
      id: 'ml-reference-missing',
      part: 'asked',
      description: 'counts with nothing to hold them against',
      file: /^lib\/service\/prediction_metrics\.py$/,
      change: replace('        yield shares\n', ''),
    },
    {
      id: 'ml-model-unnamed',
      part: 'asked',
      description: 'predictions nobody knows the model of',
      file: /^lib\/service\/prediction_metrics\.py$/,
      change: replace(
        'self._predictions.labels(SERVICE_NAME, model.version).inc()',
        'self._predictions.labels(SERVICE_NAME, "model").inc()',
      ),
    },
    {
      id: 'ml-range-unchecked',
      part: 'asked',
      description: 'guesses about what the model never saw',
      file: /^lib\/service\/model\.py$/,
      change: replace(
        'if not self.lowest <= value <= self.highest:',
        'if value != value:',
      ),
    },
    {
      id: 'ml-synthetic-counted',
      part: 'asked',
      description: 'a synthetic check that looks like the real world',
      file: /^lib\/service\/predictions\.py$/,
      change: replace(
        '        prediction = current.predict(current.read(known["input"]))\n',
        '        prediction = current.predict(current.read(known["input"]))\n        metrics.count_prediction(current, current.read(known["input"]), prediction, 0)\n',
      ),
    },
  ],
};
