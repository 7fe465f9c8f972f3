import { tryRepository } from '../support/repositoryTrial';

tryRepository({
  template: 'react-web-app',
  title: 'React web application',
  description: 'Greets customers and remembers their names',
  opens: 'Open your application',
  visit: { path: '/', answer: /<script[^>]* nonce=/ },
  metric: 'http_requests_total',
  alert: {
    name: 'PolicyViolations',
    rules: 'observability/prometheus/page-load/rules.yaml',
    limit: '> 0.1',
    wrong: '> 10',
  },
  absent: 'ServiceAbsent',
});
