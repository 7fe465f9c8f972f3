import { Text } from '@backstage/ui';
import { identityApiRef, useApi } from '@backstage/frontend-plugin-api';
import {
  DeploymentAttribution,
  DeploymentDetailResponse,
} from '@pavedroad/plugin-dora-common';
import { useAsyncData } from '@pavedroad/portal-ui';
import { doraApiRef } from '../../api/DoraApi';
import {
  blameWords,
  correctionNotice,
  withdrawalEffects,
} from '../../words/corrections';
import { causeWords } from '../../words/deployment';
import { METHOD_WORDS } from '../../words/notes';
import { CorrectionDialog } from './CorrectionDialog';
import { CorrectionDone } from './useCorrections';

/** Takes an attribution back: one's own, another person's or one that was worked out. */
export function WithdrawDialog(props: {
  detail: DeploymentDetailResponse;
  attribution: DeploymentAttribution;
  onDone: (done: CorrectionDone) => Promise<void>;
  onClose: () => void;
}) {
  const { detail, attribution, onDone, onClose } = props;
  const api = useApi(doraApiRef);
  const identity = useApi(identityApiRef);
  const { data: viewer } = useAsyncData('identity/self', () =>
    identity.getBackstageIdentity(),
  );
  const { author, cause } = attribution;
  const own = viewer !== undefined && author.name === viewer.userEntityRef;
  // Attributions name the deployment that they blame; nobody blamed is named by the one that is shown.
  const deploymentId = attribution.deploymentId ?? detail.id;

  const putBack = async () => {
    await api.attribute(deploymentId, {
      ...(cause.kind !== 'report' && {
        cause: { kind: cause.kind, id: cause.id },
      }),
      ...(attribution.blames === 'none' && { noneToBlame: true }),
      reason: attribution.evidence,
    });
    return 'Undone. It is said again, in your name.';
  };

  const submit = async (reason: string) => {
    const { recorded, pending } = await api.withdraw(
      deploymentId,
      attribution.id,
      reason || undefined,
    );
    await onDone(
      recorded
        ? correctionNotice(
            pending,
            'It was taken back.',
            // Saying again what did not count would make it count.
            attribution.state === 'live' ? putBack : undefined,
          )
        : { message: 'It had been taken back already; nothing was changed.' },
    );
  };

  return (
    <CorrectionDialog
      title="Take this attribution back"
      confirm="Take it back"
      ready
      reasonOptional={own}
      effects={withdrawalEffects(detail.attributions, attribution)}
      onConfirm={submit}
      onClose={onClose}
    >
      <Text as="p" style={{ margin: 0 }}>
        {causeWords(attribution)}, put down to {blameWords(attribution)}.{' '}
        {METHOD_WORDS[attribution.method]}
        {author.kind === 'person'
          ? ` by ${own ? 'you' : author.displayName ?? author.name}`
          : ''}
        : {attribution.evidence}
      </Text>
    </CorrectionDialog>
  );
}
