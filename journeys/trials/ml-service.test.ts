import { tryRepository } from '../support/repositoryTrial';

tryRepository({
  template: 'ml-service',
  title: 'Machine learning service',
  description: 'Predicts for the warehouse how long an order takes',
  opens: 'Open your service',
  visit: { path: '/v1/predictions/example', answer: /"prediction":/ },
  metric: 'predictions_total',
  alert: {
    name: 'InputDrift',
    rules: 'observability/prometheus/model/rules.yaml',
    limit: '> 0.25',
    wrong: '> 25',
  },
  absent: 'ServiceAbsent',
});
