import { GroupEntity, stringifyEntityRef } from '@backstage/catalog-model';
import { identityApiRef, useApi } from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { usePermission } from '@backstage/plugin-permission-react';
import { templateManagementPermission } from '@backstage/plugin-scaffolder-common/alpha';
import { ButtonLink, Card, CardBody, CardFooter, Text } from '@backstage/ui';
import { LoadingSkeleton, useAsyncData } from '@pavedroad/portal-ui';
import { homeGroup, homeRole, nextSteps } from './nextSteps';
import styles from './Welcome.module.css';

/** Greets by name and offers the steps that somebody in this role most likely came for. */
export function Welcome() {
  const identityApi = useApi(identityApiRef);
  const catalogApi = useApi(catalogApiRef);
  const management = usePermission({
    permission: templateManagementPermission,
  });

  const person = useAsyncData('home-person', async () => {
    const { userEntityRef, ownershipEntityRefs } =
      await identityApi.getBackstageIdentity();
    const { items } = await catalogApi.getEntitiesByRefs({
      entityRefs: [userEntityRef, ...ownershipEntityRefs],
      fields: [
        'kind',
        'metadata.name',
        'metadata.namespace',
        'metadata.title',
        'spec.type',
        'spec.profile.displayName',
      ],
    });
    const user = items.find(item => item?.kind === 'User');
    const groups = items.filter(
      (item): item is GroupEntity => item?.kind === 'Group',
    );
    return { user, groups };
  });

  if (management.loading || person.isLoading) {
    return <LoadingSkeleton rows={4} />;
  }

  const groups = person.data?.groups ?? [];
  const role = homeRole({
    managesTemplates: management.allowed,
    groupTypes: groups.map(group => group.spec.type),
  });
  const homeRef = homeGroup(
    groups.map(group => ({
      ref: stringifyEntityRef(group),
      type: group.spec.type,
    })),
  );
  const profile = person.data?.user?.spec?.profile;
  const displayName =
    typeof profile === 'object' &&
    profile !== null &&
    'displayName' in profile &&
    typeof profile.displayName === 'string'
      ? profile.displayName
      : undefined;

  return (
    <header className={styles.welcome}>
      <Text as="h1" variant="title-medium" weight="bold">
        {displayName ? `Welcome, ${displayName}` : 'Welcome'}
      </Text>
      <Text as="p" variant="body-large" color="secondary">
        What would you like to do next?
      </Text>
      <ul className={styles.steps}>
        {nextSteps(role, homeRef).map((step, index) => (
          <li key={step.title}>
            <Card className={styles.step}>
              <CardBody>
                <Text as="h2" variant="title-x-small" weight="bold">
                  {step.title}
                </Text>
                <Text as="p" variant="body-medium" color="secondary">
                  {step.description}
                </Text>
              </CardBody>
              <CardFooter>
                <ButtonLink
                  href={step.to}
                  variant={index === 0 ? 'primary' : 'secondary'}
                >
                  {step.action}
                </ButtonLink>
              </CardFooter>
            </Card>
          </li>
        ))}
      </ul>
    </header>
  );
}
