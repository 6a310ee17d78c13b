// A real OpenID provider as a process: settings on standard input as JSON, “listening” on standard output.
// Its signing key is new at each start. Anybody who names an account is let in: that is all its form asks.

import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const settings = JSON.parse(readFileSync(0, "utf8"));
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: settings.kid };

const provider = new Provider(settings.issuer, {
  jwks: { keys: [key] },
  clients: [{
    client_id: settings.client_id,
    client_secret: settings.client_secret,
    redirect_uris: settings.redirect_uris,
    response_types: ["code"],
    grant_types: ["authorization_code"],
  }],
  claims: { openid: ["sub", "amr"], email: ["email", "email_verified"] },
  conformIdTokenClaims: settings.in_userinfo,
  cookies: { keys: ["a cookie key of the tests"] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => {
    const known = Object.values(settings.accounts).find((each) => each.sub === id);
    return known && { accountId: id, claims: () => known };
  },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email");
    await grant.save();
    return grant;
  },
});

const FORM = `<!DOCTYPE html><html lang="en"><title>Riverbank</title><main><h1>Riverbank’s own sign-in</h1>
<form method="post"><label for="login">Who are you?</label> <input id="login" name="login"><button>Go on</button></form></main>`;

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  if (ctx.method === "GET") {
    ctx.type = "html";
    ctx.body = FORM;
    return undefined;
  }
  let body = "";
  for await (const part of ctx.req) body += part;
  const login = new URLSearchParams(body).get("login");
  const known = settings.accounts[login];
  const result = known
    ? { login: { accountId: known.sub, amr: known.amr, remember: false } }
    : { error: "access_denied", error_description: "nobody" };
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  return undefined;
});

provider.on("server_error", (_, error) => console.error(error));

provider.listen(settings.port, "127.0.0.1", () => console.log("listening"));
