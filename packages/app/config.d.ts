export interface Config {
  auth?: {
    /**
     * Which environment of each provider is used.
     * @visibility frontend
     */
    environment?: string;
    providers?: {
      /**
       * People offered on the sign-in page of an evaluation portal. Described in full by
       * @pavedroad/plugin-auth-backend-module-personas; declared here so that the page can show them.
       * @visibility frontend
       */
      personas?: {
        [environment: string]: {
          people: Array<{
            /**
             * The catalog User to become.
             * @visibility frontend
             */
            userEntityRef: string;
            /**
             * The person's name.
             * @visibility frontend
             */
            name: string;
            /**
             * What the person does.
             * @visibility frontend
             */
            role?: string;
            /**
             * What can be tried as this person.
             * @visibility frontend
             */
            description?: string;
          }>;
        };
      };
    };
  };
  portal?: {
    signIn?: {
      /** Buttons of the sign-in page, in order, where no personas are configured. */
      providers?: Array<{
        /**
         * Provider id: `github`, `gitlab`, `google`, `microsoft`, `okta`, `onelogin`, `openshift` or `atlassian`.
         * @visibility frontend
         */
        id: string;
        /**
         * Name of the provider on its card.
         * @visibility frontend
         */
        title: string;
        /**
         * One sentence under the title.
         * @visibility frontend
         */
        message: string;
      }>;
    };
  };
}
