import type { LoggerService } from '@backstage/backend-plugin-api';
import type { SignalsService } from '@backstage/plugin-signals-node';
import { PAGES_CHANGED_CHANNEL } from '@pavedroad/plugin-oncall-common';

import type { PageStore } from './PageStore';

/**
 * A store that tells everybody who looks when a page changed, whoever changed it: somebody on a screen, a provider by webhook, or the passing of
 * time. The signal carries nothing of the page, so that nobody learns by it what they may not see. Who misses it sees the change later.
 */
export function tellingPageStore(
  store: PageStore,
  options: { signals: SignalsService; logger: LoggerService },
): PageStore {
  const tell = () => {
    // Nobody who pages or answers waits for those who look on.
    options.signals
      .publish({
        recipients: { type: 'broadcast' },
        channel: PAGES_CHANGED_CHANNEL,
        message: { changed: true },
      })
      .catch(error =>
        options.logger.warn(`That pages changed was not told: ${error}`),
      );
  };
  return {
    begin: page => store.begin(page),
    claimAgain: (id, claim) => store.claimAgain(id, claim),
    async finish(id, result) {
      const page = await store.finish(id, result);
      tell();
      return page;
    },
    byRequest: request => store.byRequest(request),
    page: id => store.page(id),
    async changeStatus(id, change) {
      const page = await store.changeStatus(id, change);
      tell();
      return page;
    },
    list: filter => store.list(filter),
    pagesBetween: window => store.pagesBetween(window),
    claimDue: claim => store.claimDue(claim),
    async escalated(id, next) {
      await store.escalated(id, next);
      tell();
    },
    async takeIn(delivery, news) {
      const fresh = await store.takeIn(delivery, news);
      if (fresh && news) {
        tell();
      }
      return fresh;
    },
    forgetDeliveries: before => store.forgetDeliveries(before),
  };
}
