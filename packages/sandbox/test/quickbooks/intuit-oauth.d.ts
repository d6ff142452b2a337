/** The parts of Intuit's own client that the tests use; the package has no types. */
declare module "intuit-oauth" {
  interface AuthResponse {
    json: Record<string, unknown>;
    getJson(): Record<string, unknown>;
    get_intuit_tid?(): string;
  }
  interface ApiResponse {
    status: number;
    headers: Record<string, string>;
    json: Record<string, unknown>;
  }
  class OAuthClient {
    static scopes: Record<"Accounting" | "Payment" | "Profile" | "Email" | "OpenId", string>;
    static environment: { sandbox: string; production: string };
    static jwks_uri: string;
    constructor(config: {
      clientId: string;
      clientSecret: string;
      environment: "sandbox" | "production";
      redirectUri: string;
      includeRefreshTokenHardExpiresIn?: boolean;
    });
    setAuthorizeURLs(urls: {
      authorizeEndpoint: string;
      tokenEndpoint: string;
      revokeEndpoint: string;
      userInfoEndpoint: string;
    }): this;
    authorizeUri(parameters: { scope: string[]; state?: string }): string;
    createToken(uri: string): Promise<AuthResponse>;
    refresh(): Promise<AuthResponse>;
    refreshUsingToken(refreshToken: string): Promise<AuthResponse>;
    revoke(parameters?: { access_token?: string; refresh_token?: string }): Promise<AuthResponse>;
    getUserInfo(): Promise<AuthResponse>;
    getToken(): {
      access_token: string;
      refresh_token: string;
      realmId: string;
      expires_in: number;
      x_refresh_token_expires_in: number;
    };
    isAccessTokenValid(): boolean;
    validateIdToken(): Promise<boolean>;
    makeApiCall(call: { url: string; method?: string; body?: unknown }): Promise<ApiResponse>;
  }
  export = OAuthClient;
}
