/**
 * Turns simulated history into what a build system, a repository host and an incident tool would send: CloudEvents that carry
 * CDEvents, and the portal's own types where CDEvents has none. Pure.
 */

const SOURCE = '/sample/fernhill';
/** Commits in one event: few enough to read, many enough to be quick. */
const COMMITS_PER_EVENT = 250;

const iso = instant => new Date(instant).toISOString();

function cloudEvent({ id, type, time, subject, data }) {
  return {
    specversion: '1.0',
    id,
    source: SOURCE,
    type,
    time: iso(time),
    subject,
    datacontenttype: 'application/json',
    // Marks everything here as sample data, wherever it is shown.
    sampledata: 'true',
    data,
  };
}

function cdEvent({ id, type, time, subjectId, content, customData }) {
  return cloudEvent({
    id,
    type: `dev.cdevents.${type}`,
    time,
    subject: subjectId,
    data: {
      context: {
        version: '0.4.1',
        id,
        source: SOURCE,
        type: `dev.cdevents.${type}`,
        timestamp: iso(time),
      },
      subject: { id: subjectId, source: SOURCE, content },
      ...(customData
        ? { customDataContentType: 'application/json', customData }
        : {}),
    },
  });
}

/**
 * Every event of one service, in the order in which it happened within each kind.
 *
 * Ids follow from the service and a count, never from a time, so that sending a history again, even one with another anchor,
 * repeats ids and adds nothing twice.
 *
 * @param {import('./simulate.mjs').ServiceHistory} history
 */
export function serviceEvents(history) {
  const { profile } = history;
  const entityRef = `component:default/${profile.name}`;
  const artifact = revision => `pkg:oci/${profile.name}@${revision}`;
  const environment = { id: 'production' };
  const events = [];

  if (profile.incidents) {
    events.push(
      cloudEvent({
        id: `${profile.name}/declared/incidents`,
        type: 'dev.pavedroad.source.declared.0.1.0',
        time: history.since,
        subject: entityRef,
        data: { entityRef, provides: 'incidents', since: iso(history.since) },
      }),
    );
  }

  for (
    let first = 0;
    first < history.commits.length;
    first += COMMITS_PER_EVENT
  ) {
    const commits = history.commits.slice(first, first + COMMITS_PER_EVENT);
    events.push(
      cloudEvent({
        id: `${profile.name}/commits/${first}`,
        type: 'dev.pavedroad.git.commits.0.1.0',
        time: commits.at(-1).committedAt,
        subject: profile.repository,
        data: {
          repository: profile.repository,
          defaultBranch: 'main',
          commits: commits.map(commit => ({
            id: commit.id,
            parents: commit.parents,
            authoredAt: iso(commit.authoredAt),
            committedAt: iso(commit.committedAt),
            authorName: commit.authorName,
          })),
        },
      }),
    );
  }

  const committedAt = new Map(
    history.commits.map(commit => [commit.id, iso(commit.committedAt)]),
  );
  for (const pull of history.pulls) {
    const steps = [
      ['created', 'change.created.0.3.0', pull.openedAt],
      ['reviewed', 'change.reviewed.0.2.0', pull.approvedAt],
      ['merged', 'change.merged.0.2.0', pull.mergedAt],
    ];
    for (const [name, type, time] of steps) {
      const facts = {
        created: { title: pull.title },
        reviewed: undefined,
        merged: {
          mergeCommit: pull.mergeCommit,
          ...(profile.mergeCommits
            ? { mergeMethod: 'merge' }
            : {
                mergeMethod: 'rebase',
                commits: pull.commits.map(id => ({
                  id,
                  committedAt: committedAt.get(id),
                })),
              }),
        },
      };
      events.push(
        cdEvent({
          id: `${profile.name}/change/${pull.number}/${name}`,
          type,
          time,
          subjectId: String(pull.number),
          content: { repository: { id: profile.repository, source: SOURCE } },
          customData: facts[name],
        }),
      );
    }
  }

  for (const deployment of history.deployments) {
    const id = `${profile.name}/deployment/${deployment.number}`;
    if (deployment.builtAt !== undefined) {
      events.push(
        cdEvent({
          id: `${id}/build`,
          type: 'build.finished.0.2.0',
          time: deployment.builtAt,
          subjectId: `${profile.name}-${deployment.number}`,
          content: { artifactId: artifact(deployment.revision) },
        }),
      );
    }
    events.push(
      cdEvent({
        id,
        type:
          deployment.kind === 'rollback'
            ? 'service.rolledback.0.2.0'
            : 'service.deployed.0.2.0',
        time: deployment.finishedAt,
        subjectId: entityRef,
        content: { environment, artifactId: artifact(deployment.revision) },
        customData: {
          deploymentId: `${profile.name}-${deployment.number}`,
          ...(deployment.kind === 'hotfix'
            ? { labels: ['hotfix'], fixesIncidents: [deployment.incident] }
            : {}),
        },
      }),
    );
  }

  if (profile.incidents) {
    for (const incident of history.incidents) {
      const content = {
        description: incident.title,
        environment,
        service: { id: entityRef },
      };
      events.push(
        cdEvent({
          id: `${profile.name}/incident/${incident.id}/detected`,
          type: 'incident.detected.0.2.0',
          time: incident.openedAt,
          subjectId: incident.id,
          content,
        }),
      );
      if (incident.resolvedAt !== undefined) {
        events.push(
          cdEvent({
            id: `${profile.name}/incident/${incident.id}/resolved`,
            type: 'incident.resolved.0.2.0',
            time: incident.resolvedAt,
            subjectId: incident.id,
            content,
          }),
        );
      }
    }
  }
  return events;
}
