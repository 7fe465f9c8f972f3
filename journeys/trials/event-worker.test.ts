import { tryRepository } from '../support/repositoryTrial';

tryRepository({
  template: 'event-worker',
  title: 'Event worker',
  description: 'Books orders that customers have paid for',
  opens: 'Open your worker',
  visit: { path: '/readyz', answer: /ready/ },
  metric: 'worker_broker_connected',
  alert: {
    name: 'CanaryMissing',
    rules: 'observability/prometheus/rules.yaml',
    limit: '> 300',
    wrong: '> 3000',
  },
  absent: 'WorkerAbsent',
});
