/** A GraphQL API key of GoAlert is made for one document, so this one asks for everything; flags choose. */
export const QUERY = `query PortalOnCall(
  $id: ID!
  $start: ISOTimestamp!
  $end: ISOTimestamp!
  $isService: Boolean!
  $isPolicy: Boolean!
  $isSchedule: Boolean!
  $isRotation: Boolean!
  $isUser: Boolean!
) {
  service(id: $id) @include(if: $isService) {
    name
    escalationPolicyID
  }
  escalationPolicy(id: $id) @include(if: $isPolicy) {
    name
    steps {
      stepNumber
      targets {
        id
        type
        name
      }
    }
  }
  schedule(id: $id) @include(if: $isSchedule) {
    name
    timeZone
    shifts(start: $start, end: $end) {
      userID
      user {
        id
        name
        email
      }
      start
      end
      truncated
    }
  }
  rotation(id: $id) @include(if: $isRotation) {
    name
    timeZone
    activeUserIndex
    users {
      id
      name
      email
    }
    nextHandoffTimes(num: 50)
  }
  user(id: $id) @include(if: $isUser) {
    id
    name
    email
  }
}`;
