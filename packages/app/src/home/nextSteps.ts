/** What somebody mostly comes to the portal for; decides which step stands first. */
export type HomeRole = 'developer' | 'manager' | 'platform';

/** One thing to do next. */
export interface NextStep {
  title: string;
  description: string;
  /** Where it starts, inside the portal. */
  to: string;
  action: string;
}

/**
 * Works out somebody's role from what the portal knows of them: those who may manage templates run the platform; those
 * who belong to a group of groups look after several teams; everybody else builds.
 *
 * @param groupTypes - `spec.type` of the groups they belong to
 */
export function homeRole(options: {
  managesTemplates: boolean;
  groupTypes: string[];
}): HomeRole {
  if (options.managesTemplates) {
    return 'platform';
  }
  return options.groupTypes.some(type =>
    ['department', 'organization', 'business-unit'].includes(type),
  )
    ? 'manager'
    : 'developer';
}

/**
 * The group whose figures and people are most likely meant: the closest one above teams for somebody who looks after teams, else
 * the team. The whole organisation comes last, it is a click away from everywhere.
 *
 * @returns its entity ref
 */
export function homeGroup(
  groups: { ref: string; type: string }[],
): string | undefined {
  const order = ['business-unit', 'department', 'team'];
  const rank = (type: string) =>
    order.includes(type) ? order.indexOf(type) : order.length;
  return [...groups].sort((a, b) => rank(a.type) - rank(b.type))[0]?.ref;
}

/**
 * The steps to offer, most likely first.
 *
 * @param groupRef - group whose figures open first; the whole organisation without one
 */
export function nextSteps(role: HomeRole, groupRef?: string): NextStep[] {
  const delivery = groupRef
    ? `/delivery?scope=${encodeURIComponent(groupRef)}`
    : '/delivery';
  const start: NextStep = {
    title: 'Start a service',
    description:
      'Pick a golden path, answer three questions, and get a repository with a pipeline, dashboards, alerts, docs and an owner.',
    to: '/create',
    action: 'Choose a template',
  };
  const review: NextStep = {
    title: 'Monday review',
    description:
      'Lead time, frequency and failures of your teams against the weeks before, down to the deployments behind each number.',
    to: delivery,
    action: 'Open delivery',
  };
  const onCall: NextStep = {
    title: 'Who is on call',
    description:
      'Everybody on call right now, until when, and who is next, for every team.',
    to: '/on-call',
    action: 'See on-call',
  };
  const own: NextStep = {
    title: 'Your services',
    description:
      'What your team owns: its health, its docs, its interfaces and what depends on it.',
    to: '/catalog?filters%5Bkind%5D=component&filters%5Buser%5D=owned',
    action: 'Open the catalog',
  };
  const roads: NextStep = {
    title: 'Look after the road',
    description:
      'Try a template as its users meet it, and read the repository it is published from.',
    to: '/create',
    action: 'Open the templates',
  };
  const [groupKind, groupName] = groupRef?.split(':') ?? [];
  const teams: NextStep = groupName
    ? {
        title: 'Your teams',
        description:
          'Who belongs to them, what they own and how it hangs together.',
        to: `/catalog/${groupName.replace('/', `/${groupKind}/`)}`,
        action: 'Open your teams',
      }
    : own;
  switch (role) {
    case 'manager':
      return [review, onCall, teams];
    case 'platform':
      return [roads, review, onCall];
    default:
      return [start, own, onCall];
  }
}
