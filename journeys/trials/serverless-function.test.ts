import { tryRepository } from '../support/repositoryTrial';

tryRepository({
  template: 'serverless-function',
  title: 'Serverless function',
  description: 'Answers greetings to everybody who asks',
  opens: 'Open your function',
  visit: { path: '/v1/greetings/Ada', answer: /Ada/ },
  metric: 'http_requests_total',
  alert: {
    name: 'FunctionThrottled',
    rules: 'observability/prometheus/rules.yaml',
    limit: '> 0.05',
    wrong: '> 5',
  },
  absent: 'ServiceAbsent',
});
