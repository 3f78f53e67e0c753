// Opens SMART Health Links with kill-the-clipboard, and says what came of each. In: lines of JSON
// {link, passcode, server}; the server's address in the link is led to where the test's server is. Out: lines of JSON.
import { createInterface } from "node:readline";
import { SHLViewer } from "kill-the-clipboard";

for await (const line of createInterface({ input: process.stdin })) {
  const { link, passcode, server } = JSON.parse(line);
  const answers = [];
  const fetched = async (url, options) => {
    const there = new URL(url);
    const answer = await fetch(server + there.pathname + there.search, options);
    answers.push({ status: answer.status, type: answer.headers.get("content-type"), body: await answer.clone().text() });
    return answer;
  };
  try {
    const viewer = new SHLViewer({ shlinkURI: link, fetch: fetched });
    const opened = await viewer.resolveSHL({ recipient: "Dr. Test", passcode, embeddedLengthMax: 2000 });
    const { label, flag, exp } = viewer.shl;
    console.log(JSON.stringify({ resources: opened.fhirResources, manifest: opened.manifest, label, flag, exp, answers }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.constructor.name, said: error.message, answers }));
  }
}
