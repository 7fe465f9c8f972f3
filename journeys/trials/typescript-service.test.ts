import { tryRepository } from '../support/repositoryTrial';

tryRepository({
  template: 'typescript-service',
  title: 'TypeScript service',
  description: 'Answers greetings to everybody who asks',
  opens: 'Open your service',
  visit: { path: '/v1/greetings/Ada', answer: /Ada/ },
  metric: 'http_requests_total',
  alert: {
    name: 'ErrorBudgetBurnFast',
    rules: 'observability/prometheus/rules.yaml',
    limit: '(14.4 *',
    wrong: '(144 *',
  },
  absent: 'ServiceAbsent',
});
