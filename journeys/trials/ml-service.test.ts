import { tryRepository } from '../support/repositoryTrial';

tryRepository({
  template: 'ml-service',
  title: 'Machine learning service',
  description: 'Predicts for the warehouse how long an order takes',
  opens: 'Open your service',
  visit: { path: '/v1/predictions/example', answer: /"prediction":/ },
  // The example that is asked for is not counted as a prediction, by design.
  metric: 'http_requests_total',
  alert: {
    name: 'InputDrift',
    rules: 'observability/prometheus/model/rules.yaml',
    limit: '> 0.25',
    wrong: '> 25',
  },
  absent: 'ServiceAbsent',
});
