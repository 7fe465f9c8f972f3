/** What a repository's pipeline reports its deployments with: good for one service, for nothing else, until it is revoked. */
export interface ReportingCredential {
  id: string;
  /** The service it reports for. */
  entityRef: string;
  /** Where it is used, in somebody's words. */
  label: string;
  /** User entity ref, or the subject of a program. */
  createdBy: string;
  /** ISO instants in UTC. */
  createdAt: string;
  /** To the minute; absent: never. */
  lastUsedAt?: string;
  revokedAt?: string;
  revokedBy?: string;
}

/** `GET /api/dora/reporting-credentials`. */
export interface ReportingCredentialsResponse {
  /** The newest first, revoked ones among them. Empty for those who may not manage them. */
  items: ReportingCredential[];
  /** Whether the asker may make and revoke them: owners of the service and administrators. */
  mayManage: boolean;
}

/** Body of `POST /api/dora/reporting-credentials`. */
export interface ReportingCredentialRequest {
  entityRef: string;
  label: string;
}

/** What is answered once, when it is made: the portal keeps only a digest of the token. */
export interface CreatedReportingCredential extends ReportingCredential {
  /** For `Authorization: Bearer …`. */
  token: string;
}
