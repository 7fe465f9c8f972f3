export interface Config {
  auth?: {
    providers?: {
      /**
       * Sign-in as one of a list of people, without credentials. For evaluation on one machine only.
       * @visibility frontend
       */
      personas?: {
        [environment: string]: {
          /**
           * Must be true: without it the back end refuses to start while personas are configured. It is never set outside
           * the evaluation configuration.
           */
          dangerouslyAllowSignInWithoutCredentials: boolean;
          /**
           * How long a sign-in waits for a person whom the catalog has not read yet, in seconds. Default: 60.
           */
          waitForPeopleSeconds?: number;
          /** The people to choose from, in the order the sign-in page shows them. */
          people: Array<{
            /**
             * The catalog User to become, for example `user:default/ines.duarte`.
             * @visibility frontend
             */
            userEntityRef: string;
            /**
             * The person's name, shown on the sign-in page.
             * @visibility frontend
             */
            name: string;
            /**
             * What the person does, for example `Developer, team Payments`.
             * @visibility frontend
             */
            role?: string;
            /**
             * What can be tried as this person, in one sentence.
             * @visibility frontend
             */
            description?: string;
          }>;
        };
      };
    };
  };
}
