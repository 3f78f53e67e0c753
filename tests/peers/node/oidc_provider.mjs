// A certified OpenID Connect provider for the tests: node oidc_provider.mjs PORT REDIRECT. Whoever signs in as
// "name" has the e-mail address name@clinic.example; as "name+unverified", one that was not verified; as
// "name+word", the word in the claim "groups".
import { Provider } from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "undisc",
      client_secret: "a secret of the tests, with : and % in it",
      redirect_uris: [redirect],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified", "groups"], profile: ["name"] },
  pkce: { required: () => true },
  async findAccount(_context, sub) {
    const [name, word] = sub.split("+");
    const groups = word && word !== "unverified" ? [word] : [];
    return {
      accountId: sub,
      claims: async () => ({
        sub,
        name,
        email: `${name}@clinic.example`,
        email_verified: word !== "unverified",
        groups,
      }),
    };
  },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
